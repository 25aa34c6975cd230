//! The route of an IPv4 packet that came in: `ip_route_input_rcu`, `ip_route_input_slow`, `ip_mkroute_input`, `ip_error` (ipv4/route.c).

use super::{Route, Routed, all, failure};
use crate::{
    model::{
        Field, Reject, Test, Values,
        routing::{Failure, Prefix, Route as Entry, RouteKind},
        settings::InterfaceSettings,
    },
    simulate::{
        lookup::{Found, Key, Operand, Outgoing},
        machine::Machine,
        space::Space,
        stage::Stage,
        strand::Strand,
    },
};

/// IGMP.
const IGMP: u128 = 2;

impl<S: Space> Machine<'_, S> {
    /// Routes packets that came in by this interface.
    pub(super) fn received4(&mut self, strand: Strand<S>, interface: u32) -> Routed<S> {
        let Some(settings) = self.decider.host.settings.interface(interface).copied() else {
            return vec![(strand, Route::unknown("the settings of the incoming interface are not known"))];
        };
        let mut routed = Vec::new();
        let destined = |values: Values| Test::is(Field::Destination, values);
        let sourced = |values: Values| Test::is(Field::Source, values);
        let (multicast, rest) = self.decider.split(strand, &destined(block(0xe000_0000, 4)));
        for strand in multicast {
            routed.extend(self.multicast4(strand, interface, settings));
        }
        let (odd, rest) = self.divide(rest, &sourced(block(0xe000_0000, 4).or(&one(u32::MAX))));
        routed.extend(all(odd, &Route::dropped(Stage::Martian, "a source that is no host: multicast or broadcast")));
        let broadcast = Test::Any([destined(one(u32::MAX)), Test::all([sourced(one(0)), destined(one(0))])].into());
        let (broadcasts, rest) = self.divide(rest, &broadcast);
        for strand in broadcasts {
            routed.extend(self.broadcast4(strand, interface, settings));
        }
        let (odd, rest) = self.divide(rest, &sourced(one(0)));
        routed.extend(all(odd, &Route::dropped(Stage::Martian, "no source address")));
        let (odd, mut rest) = self.divide(rest, &destined(one(0)));
        routed.extend(all(odd, &Route::dropped(Stage::Martian, "no destination address")));
        if !settings.route_localnet {
            for test in [destined(block(0x7f00_0000, 8)), sourced(block(0x7f00_0000, 8))] {
                let (odd, others) = self.divide(rest, &test);
                let reason = format!("127.0.0.0/8 on {}, where route_localnet is off", self.name_of(interface));
                routed.extend(all(odd, &Route::dropped(Stage::Localnet, reason)));
                rest = others;
            }
        }
        for strand in rest {
            for (strand, found) in self.look_up(strand, &Key::RECEIVED) {
                routed.extend(self.found4(strand, found, interface, settings));
            }
        }
        routed
    }

    fn found4(&mut self, strand: Strand<S>, found: Found<'_>, interface: u32, settings: InterfaceSettings) -> Routed<S> {
        let route = match found {
            Found::Unknown(why) => return vec![(strand, Route::unknown(why))],
            Found::Fail(reason) => return vec![(strand, self.no_route4(reason, interface, settings))],
            Found::Route(route) => route,
        };
        match route.kind {
            RouteKind::Broadcast if !settings.bc_forwarding => self.broadcast4(strand, interface, settings),
            RouteKind::Local => {
                let destination = Operand::Field(Field::Destination);
                self.validate_source(strand, destination, 0, interface, settings).map_passed(Route::Local)
            }
            _ if !settings.forwarding => {
                let reason = format!("not for this host, and forwarding is off on {}", self.name_of(interface));
                vec![(strand, Route::dropped(Stage::ForwardingOff, reason))]
            }
            RouteKind::Unicast | RouteKind::Broadcast => self.forward4(strand, route, interface, settings),
            _ => vec![(strand, Route::dropped(Stage::Martian, "a destination that is no host"))],
        }
    }

    fn forward4(&mut self, strand: Strand<S>, route: &Entry, interface: u32, settings: InterfaceSettings) -> Routed<S> {
        let mut routed = Vec::new();
        for (strand, out) in self.hops(strand, route, Outgoing::Any) {
            let destination = Operand::Field(Field::Destination);
            let validated = self.validate_source(strand, destination, out, interface, settings);
            routed.extend(validated.stopped);
            for strand in validated.passed {
                routed.extend(self.forward(strand, out, interface));
            }
        }
        routed
    }

    /// `ip_error`: an answer only where the incoming interface forwards.
    fn no_route4(&self, reason: Failure, interface: u32, settings: InterfaceSettings) -> Route {
        if !settings.forwarding {
            return Route::dropped(
                Stage::NoRoute(reason),
                format!("{}; no answer, as forwarding is off on {}", failure(reason), self.name_of(interface)),
            );
        }
        let stage = Stage::NoRoute(reason);
        match reason {
            Failure::NoRoute => Route::rejected(stage, Reject::Icmp(0), failure(reason)),
            Failure::Unreachable => Route::rejected(stage, Reject::Icmp(1), failure(reason)),
            Failure::Prohibited => Route::rejected(stage, Reject::Icmp(13), failure(reason)),
            Failure::Blackhole => Route::dropped(stage, failure(reason)),
        }
    }

    /// To a broadcast address: to this host, if the source is fine.
    fn broadcast4(&mut self, strand: Strand<S>, interface: u32, settings: InterfaceSettings) -> Routed<S> {
        let (unspecified, others) = self.decider.split(strand, &Test::is(Field::Source, one(0)));
        let mut routed = all(unspecified, &Route::Local);
        for strand in others {
            routed.extend(self.validate_source(strand, Operand::Number(0), 0, interface, settings).map_passed(Route::Local));
        }
        routed
    }

    /// To a group: every host is in 224.0.0.1, and IGMP is always taken (`ip_check_mc_rcu`); other memberships are not collected.
    fn multicast4(&mut self, strand: Strand<S>, interface: u32, settings: InterfaceSettings) -> Routed<S> {
        let ours = Test::Any([Test::is(Field::Destination, one(0xe000_0001)), Test::is(Field::Protocol, Values::one(8, IGMP))].into());
        let (ours, others) = self.decider.split(strand, &ours);
        let mut routed = all(others, &Route::unknown("membership in multicast groups is not known"));
        let odd = block(0xe000_0000, 4).or(&one(u32::MAX));
        let odd = if settings.route_localnet { odd } else { odd.or(&block(0x7f00_0000, 8)) };
        let (odd, ours) = self.divide(ours, &Test::is(Field::Source, odd));
        routed.extend(all(odd, &Route::dropped(Stage::Martian, "a source that is no host")));
        for strand in ours {
            routed.extend(self.broadcast4(strand, interface, settings));
        }
        routed
    }
}

/// The addresses of a prefix.
pub(super) fn block(address: u32, length: u8) -> Values {
    let (low, high) = Prefix { address: address.into(), length }.range(32);
    Values::range(32, low, high)
}

fn one(address: u32) -> Values {
    Values::one(32, address.into())
}
