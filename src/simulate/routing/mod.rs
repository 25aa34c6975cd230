//! Where packets go: to this host, out by an interface, or nowhere.

mod forward;

mod received4;

mod received6;

mod sent;

pub(super) use received6::{addresses, link_local};

use super::{
    lookup::Outgoing,
    machine::Machine,
    outcome::{Decision, Ending},
    space::Space,
    stage::Stage,
    strand::Strand,
};
use crate::model::{
    Field, IpVersion, Reject, Test, Values,
    routing::{Failure, Route as Entry},
    values::Relation,
};

/// A routing decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To this host.
    Local,
    /// Out by this interface.
    Out { interface: u32 },
    /// Stopped, with the stage and the reason in words (no route, martian, forwarding off, TTL…).
    Stop { ending: Ending, stage: Stage, reason: String },
}

impl Route {
    fn dropped(stage: Stage, reason: impl Into<String>) -> Self {
        Self::Stop { ending: Ending::Drop, stage, reason: reason.into() }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Stop { ending: Ending::Unknown(reason.clone()), stage: Stage::Routing, reason }
    }

    fn rejected(stage: Stage, answer: Reject, reason: impl Into<String>) -> Self {
        Self::Stop { ending: Ending::Reject(answer), stage, reason: reason.into() }
    }
}

/// Routed packets.
type Routed<S> = Vec<(Strand<S>, Route)>;

/// All packets of these strands go the same way.
fn all<S>(strands: Vec<Strand<S>>, route: &Route) -> Routed<S> {
    strands.into_iter().map(|strand| (strand, route.clone())).collect()
}

impl<S: Space> Machine<'_, S> {
    /// Drops what the kernel does not even show to prerouting (`ip_rcv_core`, `ip6_rcv_core`).
    pub(super) fn admit(&mut self, strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let mut admitted = Vec::new();
        for strand in self.unspoiled(strands) {
            // PACKET_OTHERHOST. A packet type that is not known is taken for the usual one.
            if self.certainly(&strand, &Test::is(Field::PacketType, Values::one(8, 3))) {
                let reason = "the frame is for another host".into();
                self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Receive, reason });
                continue;
            }
            match self.decider.host.version {
                IpVersion::V4 => admitted.push(strand),
                IpVersion::V6 => admitted.extend(self.admit6(strand)),
            }
        }
        admitted
    }

    /// Drops what has a wrong checksum in its header, wherever it comes in (`ip_rcv_core`).
    pub(super) fn unspoiled(&mut self, strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let (spoiled, sound): (Vec<_>, Vec<_>) = strands.into_iter().partition(|strand| strand.way.spoiled);
        for strand in spoiled {
            let reason = "a rule has changed its header, but not the checksum".into();
            self.end(strand, Ending::Drop, Decision::Stage { stage: Stage::Receive, reason });
        }
        sound
    }

    /// Routes packets that came in.
    pub(super) fn route_received(&mut self, mut strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Route)> {
        self.without_gateway(&mut strands);
        let mut routed = Vec::new();
        for (interface, strands) in self.by_interface(strands) {
            let Some(interface) = interface else {
                routed.extend(all(strands, &Route::unknown("the incoming interface is none of this host's")));
                continue;
            };
            if self.decider.host.routing.vrf_members.contains(&interface) {
                routed.extend(all(strands, &Route::unknown("routing in a VRF is not modelled")));
                continue;
            }
            for strand in strands {
                routed.extend(match self.decider.host.version {
                    IpVersion::V4 => self.received4(strand, interface),
                    IpVersion::V6 => self.received6(strand, interface),
                });
            }
        }
        routed
    }

    /// Packets by the interface that they came in by; none for an interface that this host does not have.
    fn by_interface(&mut self, strands: Vec<Strand<S>>) -> Vec<(Option<u32>, Vec<Strand<S>>)> {
        let host = self.decider.host;
        let mut groups = Vec::new();
        let mut rest = strands;
        for interface in &host.interfaces {
            if rest.is_empty() {
                break;
            }
            let (here, others) = self.divide(rest, &Test::is(Field::InInterface, Values::one(32, interface.index.into())));
            if !here.is_empty() {
                groups.push((Some(interface.index), here));
            }
            rest = others;
        }
        if !rest.is_empty() {
            groups.push((None, rest));
        }
        groups
    }

    /// The interface by which packets leave on a route: of several, the kernel's choice (`fib_select_multipath`, `fib6_select_path`).
    pub(super) fn hops(&mut self, strand: Strand<S>, route: &Entry, outgoing: Outgoing) -> Vec<(Strand<S>, u32)> {
        let mut interfaces: Vec<u32> = route.hops.iter().filter(|hop| !hop.dead).map(|hop| hop.interface).collect();
        if let Outgoing::Only(only) = outgoing {
            interfaces.retain(|interface| *interface == only);
        }
        interfaces.sort_unstable();
        interfaces.dedup();
        let Some(last) = interfaces.pop() else { return Vec::new() };
        let mut ways = Vec::new();
        let mut rest = vec![strand];
        if !interfaces.is_empty() {
            let choice = self.decider.undecided.chosen("interface chosen by the kernel among the nexthops of the route".into());
            for interface in interfaces {
                let (here, others) = self.divide(rest, &Test::is(choice, Values::one(32, interface.into())));
                ways.extend(here.into_iter().map(|strand| (strand, interface)));
                rest = others;
            }
        }
        ways.extend(rest.into_iter().map(|strand| (strand, last)));
        if self.decider.host.reads_route { self.with_gateways(ways, route) } else { ways }
    }

    /// A route that leads through no gateway, until another is found.
    fn without_gateway(&self, strands: &mut [Strand<S>]) {
        if self.decider.host.reads_route {
            let width = self.decider.host_address_width();
            strands.iter_mut().for_each(|strand| strand.way.view.fix(Field::NextHop, 0, width));
        }
    }

    /// The same packets, with the gateway of their route: of several by one interface, the kernel's choice.
    fn with_gateways(&mut self, ways: Vec<(Strand<S>, u32)>, route: &Entry) -> Vec<(Strand<S>, u32)> {
        let width = self.decider.host_address_width();
        let mut all = Vec::new();
        for (strand, interface) in ways {
            let here = route.hops.iter().filter(|hop| !hop.dead && hop.interface == interface);
            let mut gateways: Vec<u128> = here.map(|hop| hop.gateway.unwrap_or(0)).collect();
            gateways.sort_unstable();
            gateways.dedup();
            let Some(last) = gateways.pop() else { continue };
            let mut rest = vec![strand];
            if !gateways.is_empty() {
                let choice = self.decider.undecided.chosen("gateway chosen by the kernel among the nexthops of the route".into());
                for (number, gateway) in (0..).zip(gateways) {
                    let (mut here, others) = self.divide(rest, &Test::is(choice, Values::one(32, number)));
                    here.iter_mut().for_each(|strand| strand.way.view.fix(Field::NextHop, gateway, width));
                    all.extend(here.into_iter().map(|strand| (strand, interface)));
                    rest = others;
                }
            }
            rest.iter_mut().for_each(|strand| strand.way.view.fix(Field::NextHop, last, width));
            all.extend(rest.into_iter().map(|strand| (strand, interface)));
        }
        all
    }

    /// Whether the test holds for all of the packets, without splitting them.
    fn certainly(&self, strand: &Strand<S>, test: &Test) -> bool {
        self.decider.relation(strand, test) == Relation::Inside
    }

    fn name_of(&self, interface: u32) -> &str {
        self.decider.host.interfaces.iter().find(|each| each.index == interface).map_or("?", |each| each.name.as_str())
    }
}

/// A failed lookup in words.
fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::NoRoute => "no route (network unreachable, ENETUNREACH)",
        Failure::Unreachable => "an unreachable route (EHOSTUNREACH)",
        Failure::Prohibited => "a prohibit route (EACCES)",
        Failure::Blackhole => "a blackhole route (EINVAL)",
    }
}

#[cfg(test)]
mod tests;
