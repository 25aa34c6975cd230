//! The route of a packet that this host sends: `ip_route_output_key_hash_rcu`, `__mkroute_output`, `ip6_route_output_flags`.

use super::{
    Route, Routed, all, failure,
    received4::block,
    received6::{MULTICAST, addresses, link_local},
};
use crate::{
    model::{Field, IpVersion, Test, Values, routing::RouteKind},
    simulate::{
        lookup::{Found, Key, Operand, Outgoing},
        machine::Machine,
        space::Space,
        stage::Stage,
        strand::Strand,
    },
};

impl<S: Space> Machine<'_, S> {
    /// Routes packets that this host sends.
    pub(in crate::simulate) fn route_sent(&mut self, mut strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Route)> {
        self.without_gateway(&mut strands);
        let unspecified = Test::is(Field::Destination, Values::one(self.decider.host_address_width(), 0));
        let odd = match self.decider.host.version {
            IpVersion::V4 => block(0xe000_0000, 4).or(&Values::one(32, u128::from(u32::MAX))),
            IpVersion::V6 => link_local().or(&addresses(MULTICAST)),
        };
        // Sent to no address means to this host itself.
        let (own, rest) = self.divide(strands, &unspecified);
        let mut routed = all(own, &Route::Out { interface: self.loopback() });
        let (odd, rest) = self.divide(rest, &Test::is(Field::Destination, odd));
        routed.extend(self.own_scope(odd));
        for strand in rest {
            for (strand, found) in self.look_up(strand, &self.key_of_sent()) {
                routed.extend(self.found_for_sent(strand, found));
            }
        }
        routed
    }

    pub(in crate::simulate) fn key_of_sent(&self) -> Key {
        Key { incoming: Operand::Number(self.loopback().into()), uid: Operand::Field(Field::Uid), ..Key::RECEIVED }
    }

    /// The key of a packet whose source is not chosen yet.
    pub(in crate::simulate) fn key_of_sourceless(&self) -> Key {
        Key { source: Operand::Number(0), ..self.key_of_sent() }
    }

    /// Broadcast, multicast and link-local destinations: the interface is the sender's to choose. An own link-local address is reached by lo.
    fn own_scope(&mut self, strands: Vec<Strand<S>>) -> Routed<S> {
        let host = self.decider.host;
        let width = self.decider.host_address_width();
        let own = host.interfaces.iter().flat_map(|each| &each.addresses).map(|(address, _)| (*address, *address));
        let (own, others) = self.divide(strands, &Test::is(Field::Destination, Values::from_ranges(width, own)));
        let mut routed = all(own, &Route::Out { interface: self.loopback() });
        routed.extend(all(others, &Route::unknown("the sender chooses the interface for such a destination")));
        routed
    }

    fn found_for_sent(&mut self, strand: Strand<S>, found: Found<'_>) -> Routed<S> {
        let route = match found {
            Found::Unknown(why) => return vec![(strand, Route::unknown(why))],
            Found::Fail(reason) => return vec![(strand, Route::dropped(Stage::NoRoute(reason), failure(reason)))],
            Found::Route(route) => route,
        };
        if matches!(route.kind, RouteKind::Local) || route.kind == RouteKind::Anycast && self.decider.host.version == IpVersion::V6 {
            return vec![(strand, Route::Out { interface: self.loopback() })];
        }
        let mut routed = Vec::new();
        for (strand, out) in self.hops(strand, route, Outgoing::Any) {
            if self.decider.host.version == IpVersion::V6 {
                routed.push((strand, Route::Out { interface: out }));
                continue;
            }
            let local = self.decider.host.settings.interface(out).is_some_and(|settings| settings.route_localnet);
            let (odd, rest) = if local || out == self.loopback() {
                (Vec::new(), vec![strand])
            } else {
                self.decider.split(strand, &Test::is(Field::Source, block(0x7f00_0000, 8)))
            };
            let reason = format!("a source in 127.0.0.0/8 can't leave by {}, where route_localnet is off", self.name_of(out));
            routed.extend(all(odd, &Route::dropped(Stage::Localnet, reason)));
            routed.extend(all(rest, &Route::Out { interface: out }));
        }
        routed
    }
}
