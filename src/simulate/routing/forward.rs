//! What stands between the route and the forward hook: `ip_forward` (ip_forward.c), `ip6_forward` (ip6_output.c).
//!
//! TTL and length are read before the TTL is decremented and before the hook. What a single packet was not given is taken for fine here:
//! a packet that names no TTL is not one about to die.

use super::{Route, Routed, all, received6};
use crate::{
    model::{Field, IpVersion, Reject, Test, Values},
    simulate::{Stage, machine::Machine, space::Space, strand::Strand},
};

/// Smallest MTU of IPv6.
const MIN_MTU: u32 = 1280;

impl<S: Space> Machine<'_, S> {
    /// Packets that came in by `interface` and leave by `out`.
    pub(super) fn forward(&mut self, strand: Strand<S>, out: u32, interface: u32) -> Routed<S> {
        // A unicast packet in a broadcast or multicast frame.
        if self.certainly(&strand, &Test::is(Field::PacketType, Values::one(8, 0).complement())) {
            return vec![(strand, Route::dropped(Stage::Forwarding, "the frame was not for this host alone"))];
        }
        let (dying, rest) = self.where_known(strand, Field::Ttl, &Test::is(Field::Ttl, Values::range(8, 0, 1)));
        let mut routed = all(dying, &Route::dropped(Stage::Forwarding, "its TTL ends here (answered with ICMP time exceeded)"));
        let rest = match self.decider.host.version {
            IpVersion::V4 => rest,
            IpVersion::V6 if out == interface => rest,
            IpVersion::V6 => self.source6(rest, &mut routed),
        };
        for strand in rest {
            let (long, fitting) = self.too_long(strand, out);
            let reason = format!("longer than the MTU of {} (answered with ICMP)", self.name_of(out));
            routed.extend(all(long, &Route::dropped(Stage::Mtu, reason)));
            routed.extend(all(fitting, &Route::Out { interface: out }));
        }
        routed
    }

    /// From one link to another, only sources that mean something on both.
    fn source6(&mut self, strands: Vec<Strand<S>>, routed: &mut Routed<S>) -> Vec<Strand<S>> {
        let odd = Values::one(128, 0).or(&received6::loopback()).or(&received6::addresses(received6::MULTICAST));
        let (odd, rest) = self.divide(strands, &Test::is(Field::Source, odd));
        routed.extend(all(odd, &Route::dropped(Stage::Martian, "a source that can't be forwarded")));
        let (scoped, rest) = self.divide(rest, &Test::is(Field::Source, received6::link_local()));
        routed.extend(all(scoped, &Route::rejected(Stage::Forwarding, Reject::Icmp6(2), "a link-local source leaves its link")));
        rest
    }

    /// `ip_exceeds_mtu`: only with don't-fragment; `ip6_pkt_too_big`.
    fn too_long(&mut self, strand: Strand<S>, out: u32) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let host = self.decider.host;
        let mtu = host.interfaces.iter().find(|each| each.index == out).map_or(0, |each| each.mtu);
        let mtu = if host.version == IpVersion::V6 { mtu.max(MIN_MTU) } else { mtu };
        if mtu == 0 || mtu >= 0xffff {
            return (Vec::new(), vec![strand]);
        }
        let long = Test::is(Field::Length, Values::range(16, u128::from(mtu) + 1, 0xffff));
        match host.version {
            IpVersion::V4 => {
                let (long, mut fitting) = self.where_known(strand, Field::Length, &long);
                let mut stopped = Vec::new();
                for strand in long {
                    let (bound, cuttable) = self.where_known(strand, Field::IpFlags, &Test::is(Field::IpFlags, Values::masked(3, 2, 2)));
                    stopped.extend(bound);
                    fitting.extend(cuttable);
                }
                (stopped, fitting)
            }
            IpVersion::V6 => self.where_known(strand, Field::Length, &long),
        }
    }

    /// Splits by a test of a field, but takes it for not met where the field is not known of a packet.
    fn where_known(&mut self, strand: Strand<S>, field: Field, test: &Test) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let chosen = strand.way.view.get(field).is_some_and(|bits| bits.as_constant().is_none());
        if (S::TRACED || chosen) && !self.certainly(&strand, test) {
            return (Vec::new(), vec![strand]);
        }
        self.decider.split(strand, test)
    }
}
