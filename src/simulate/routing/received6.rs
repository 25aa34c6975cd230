//! The route of an IPv6 packet that came in: `ip6_rcv_core`, `ip6_route_input`, `ip6_mc_input`, `ip6_pkt_drop`.

use super::{Route, Routed, all, failure};
use crate::{
    model::{
        Field, Reject, Test, Values,
        routing::{Failure, Prefix, RouteKind},
    },
    simulate::{
        lookup::{Found, Key, Outgoing},
        machine::Machine,
        outcome::{Decision, Ending},
        space::Space,
        stage::Stage,
        strand::Strand,
    },
};

const LINK_LOCAL: Prefix = Prefix { address: 0xfe80 << 112, length: 10 };
pub(in crate::simulate) const MULTICAST: Prefix = Prefix { address: 0xff00 << 112, length: 8 };
const LOOPBACK: Prefix = Prefix { address: 1, length: 128 };
/// `ff02::1:ff00:0/104`: the group of an address is this with its last 24 bits.
const SOLICITED: u128 = 0xff02 << 112 | 0x1_ff00_0000;

impl<S: Space> Machine<'_, S> {
    /// What is dropped before prerouting.
    pub(super) fn admit6(&mut self, strand: Strand<S>) -> Vec<Strand<S>> {
        let host = self.decider.host;
        let off = host.interfaces.iter().filter(|each| host.settings.interface(each.index).is_some_and(|settings| settings.disabled));
        let off = Values::from_ranges(32, off.map(|each| (each.index.into(), each.index.into())));
        let from_outside = Test::is(Field::InInterface, Values::one(32, self.loopback().into()).complement());
        let loops = [Field::Source, Field::Destination].map(|field| Test::is(field, addresses(LOOPBACK))).to_vec();
        let barred: [(Test, &str); 3] = [
            (Test::is(Field::InInterface, off), "IPv6 is off on the incoming interface"),
            (Test::all([from_outside, Test::Any(loops.into())]), "::1 came in from outside"),
            (Test::is(Field::Source, addresses(MULTICAST)), "a multicast source"),
        ];
        let mut rest = vec![strand];
        for (test, reason) in barred {
            let (odd, others) = self.divide(rest, &test);
            for strand in odd {
                self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Receive, reason: reason.into() });
            }
            rest = others;
        }
        rest
    }

    /// Routes packets that came in by this interface.
    pub(super) fn received6(&mut self, strand: Strand<S>, interface: u32) -> Routed<S> {
        let mut routed = Vec::new();
        let (groups, rest) = self.decider.split(strand, &Test::is(Field::Destination, addresses(MULTICAST)));
        for strand in groups {
            routed.extend(self.multicast6(strand, interface));
        }
        // rt6_need_strict: only routes by the interface that it came in by.
        let (scoped, rest) = self.divide(rest, &Test::is(Field::Destination, link_local().or(&addresses(LOOPBACK))));
        for (strands, outgoing) in [(scoped, Outgoing::Only(interface)), (rest, Outgoing::WhereItCameIn)] {
            let key = Key { outgoing, ..Key::RECEIVED };
            for strand in strands {
                for (strand, found) in self.look_up(strand, &key) {
                    routed.extend(self.found6(strand, found, interface, outgoing));
                }
            }
        }
        routed
    }

    fn found6(&mut self, strand: Strand<S>, found: Found<'_>, interface: u32, outgoing: Outgoing) -> Routed<S> {
        let route = match found {
            Found::Unknown(why) => return vec![(strand, Route::unknown(why))],
            Found::Fail(reason) => return vec![(strand, no_route6(reason))],
            Found::Route(route) => route,
        };
        match route.kind {
            RouteKind::Local | RouteKind::Anycast => return vec![(strand, Route::Local)],
            RouteKind::Unicast => {}
            _ => return vec![(strand, Route::unknown("a route of a type that is not modelled for IPv6"))],
        }
        let settings = &self.decider.host.settings;
        let forced = settings.interface(interface).is_some_and(|each| each.force_forwarding);
        if !settings.forwarding && !forced {
            return vec![(strand, Route::dropped(Stage::ForwardingOff, "not for this host, and net.ipv6.conf.all.forwarding is off"))];
        }
        let hops = self.hops(strand, route, outgoing);
        hops.into_iter().flat_map(|(strand, out)| self.forward(strand, out, interface)).collect()
    }

    /// To a group: to this host if it is in it. Only the groups that every interface or router is in are known.
    fn multicast6(&mut self, strand: Strand<S>, interface: u32) -> Routed<S> {
        let host = self.decider.host;
        let mut ours: Vec<u128> = vec![0xff01 << 112 | 1, 0xff02 << 112 | 1];
        if host.settings.forwarding {
            ours.extend([0xff01 << 112 | 2, 0xff02 << 112 | 2, 0xff05 << 112 | 2]);
        }
        let own = host.interfaces.iter().filter(|each| each.index == interface).flat_map(|each| &each.addresses);
        ours.extend(own.map(|(address, _)| SOLICITED | address & 0xff_ffff));
        let ours = Values::from_ranges(128, ours.into_iter().map(|address| (address, address)));
        let (ours, others) = self.decider.split(strand, &Test::is(Field::Destination, ours));
        let mut routed = all(ours, &Route::Local);
        routed.extend(all(others, &Route::unknown("membership in multicast groups is not known")));
        routed
    }
}

/// `ip6_rt_init_dst_reject`.
fn no_route6(reason: Failure) -> Route {
    let stage = Stage::NoRoute(reason);
    match reason {
        Failure::NoRoute | Failure::Unreachable => Route::rejected(stage, Reject::Icmp6(0), failure(reason)),
        Failure::Prohibited => Route::rejected(stage, Reject::Icmp6(1), failure(reason)),
        Failure::Blackhole => Route::dropped(stage, failure(reason)),
    }
}

/// The addresses of a prefix.
pub(in crate::simulate) fn addresses(prefix: Prefix) -> Values {
    let (low, high) = prefix.range(128);
    Values::range(128, low, high)
}

/// Addresses that mean something on one link only.
pub(in crate::simulate) fn link_local() -> Values {
    addresses(LINK_LOCAL)
}

/// `::1`.
pub(super) fn loopback() -> Values {
    addresses(LOOPBACK)
}
