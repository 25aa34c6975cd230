//! The source address that the kernel chooses for a packet whose sender binds none.
//!
//! Mirrors `fib_result_prefsrc`, `inet_select_addr` (IPv4), and `ipv6_dev_get_saddr` with the rules of RFC 6724 that do not depend on the
//! age of an address.

use super::{
    decide::Decider,
    lookup::{Found, Outgoing},
    machine::Machine,
    space::Space,
    strand::Strand,
    undecided::Undecideds,
};
use crate::{
    model::{
        Bits, Field, HeaderSet, Hook, Host, Interface, IpVersion, Test, Values,
        routing::{Prefix, Route, RouteKind},
    },
    world::{Answer, Question, World},
};

/// Routing asks nothing of the world.
struct Unasked;

impl World for Unasked {
    fn ask(&self, _question: &Question) -> Answer {
        Answer::Unknown("not needed for a route".into())
    }
}

/// Of packets that this host sends, those whose source is the one that the kernel chooses for their destination.
#[must_use]
pub fn chosen(packets: HeaderSet, host: &Host) -> HeaderSet {
    let decider = Decider { host, world: &Unasked, memory: None, undecided: Undecideds::default() };
    let mut machine = Machine { decider, finished: Vec::new(), hook: Hook::Output, visits: 0 };
    let mut part = HeaderSet::empty();
    for (strand, address) in machine.choose_source(Strand::new(packets)) {
        let width = Field::Source.width(host.version);
        let (own, _) = strand.space.split(Field::Source, &Values::one(width, address));
        part = part.or(own);
    }
    part
}

impl<S: Space> Machine<'_, S> {
    /// Packets with the source that the kernel chooses; those that have no route, or no address, are left out.
    pub(super) fn choose_source(&mut self, strand: Strand<S>) -> Vec<(Strand<S>, u128)> {
        let mut chosen = Vec::new();
        for (strand, found) in self.look_up(strand, &self.key_of_sourceless()) {
            let Found::Route(route) = found else { continue };
            for (strand, out) in self.hops(strand, route, Outgoing::Any) {
                chosen.extend(self.source_on(strand, route, out));
            }
        }
        chosen
    }

    /// The source for a route and an interface.
    fn source_on(&mut self, strand: Strand<S>, route: &Route, out: u32) -> Vec<(Strand<S>, u128)> {
        let host = self.decider.host;
        match (host.version, route.preferred_source) {
            (IpVersion::V4, Some(address)) => return vec![(strand, address)],
            (IpVersion::V6, Some(address)) if route.kind == RouteKind::Unicast => return vec![(strand, address)],
            _ => {}
        }
        let local = route.kind == RouteKind::Local;
        let to_itself = |address: u128| local && host.interfaces.iter().any(|each| each.addresses.iter().any(|own| own.0 == address));
        match self.decider.value(&strand.space, &strand.way.view.field(Field::Destination, host.version)) {
            Some(destination) if local && host.version == IpVersion::V4 || to_itself(destination) => vec![(strand, destination)],
            Some(destination) => best(host, route, out, destination).map(|address| (strand, address)).into_iter().collect(),
            // IPv4 does not look at the destination; IPv6 takes the address that has most in common with it: apart by own prefixes.
            None if host.version == IpVersion::V4 && !local => {
                best(host, route, out, 0).map(|address| (strand, address)).into_iter().collect()
            }
            None => {
                let parts = self.apart(strand, |prefix, example| match route.kind {
                    RouteKind::Local if host.version == IpVersion::V4 => Some(prefix.address),
                    _ => best(host, route, out, example),
                });
                parts.into_iter().filter_map(|(strand, address)| Some((strand, address?))).collect()
            }
        }
    }

    /// Destinations told apart by all that the choice depends on, each with the address that is chosen for an example of them.
    fn apart(&mut self, strand: Strand<S>, address: impl Fn(&Prefix, u128) -> Option<u128>) -> Vec<(Strand<S>, Option<u128>)> {
        let host = self.decider.host;
        let width = Field::Destination.width(host.version);
        let mut chosen = Vec::new();
        let mut rest = vec![strand];
        for (prefix, example) in kinds(host, width) {
            let (low, high) = prefix.range(width);
            let (here, others) = self.divide(rest, &Test::is(Field::Destination, Values::range(width, low, high)));
            chosen.extend(here.into_iter().map(|strand| (strand, address(&prefix, example))));
            rest = others;
        }
        chosen
    }

    /// The address behind which packets that leave by an interface are hidden (`nf_nat_masquerade_ipv4`, `nf_nat_masquerade_ipv6`); none if
    /// there is none.
    pub(super) fn masqueraded(&mut self, strand: Strand<S>, out: u32) -> Vec<(Strand<S>, Option<u128>)> {
        let host = self.decider.host;
        let destination = self.decider.value(&strand.space, &strand.way.view.field(Field::Destination, host.version));
        if host.version == IpVersion::V6 {
            return match destination {
                Some(destination) => vec![(strand, best6(host, out, destination))],
                None => self.apart(strand, |_, example| best6(host, out, example)),
            };
        }
        // rt_nexthop: the gateway, else the destination.
        let gateway = strand.way.view.get(Field::NextHop).and_then(Bits::as_constant).filter(|gateway| *gateway != 0);
        if let Some(near) = gateway.or(destination) {
            return vec![(strand, select4(host, out, Some(near)))];
        }
        let (mut chosen, mut rest) = (Vec::new(), vec![strand]);
        for (address, length) in global(host, out) {
            let (low, high) = prefix((address, length)).range(32);
            let (here, others) = self.divide(rest, &Test::is(Field::Destination, Values::range(32, low, high)));
            chosen.extend(here.into_iter().map(|strand| (strand, Some(address))));
            rest = others;
        }
        chosen.extend(rest.into_iter().map(|strand| (strand, select4(host, out, None))));
        chosen
    }
}

/// Prefixes, the longest first, in which all destinations are alike for the choice, each with one of them: own addresses and networks, where
/// two own addresses part, and the networks of the label table.
fn kinds(host: &Host, width: u8) -> Vec<(Prefix, u128)> {
    let own: Vec<(u128, u8)> = host.interfaces.iter().flat_map(|each| each.addresses.iter().copied()).collect();
    let mut prefixes: Vec<Prefix> =
        own.iter().flat_map(|(address, length)| [*length, width].map(|length| (*address, length))).map(prefix).collect();
    for (address, _) in &own {
        let parting = own.iter().filter(|(other, _)| other != address).map(|(other, _)| (address ^ other).leading_zeros() + 1);
        prefixes.extend(parting.filter_map(|length| Some(prefix((*address, u8::try_from(length).ok()?.checked_sub(128 - width)?)))));
    }
    if host.version == IpVersion::V6 {
        prefixes.extend(LABELLED.map(prefix));
    }
    prefixes.push(prefix((if host.version == IpVersion::V6 { 0x2600 << 112 } else { 0 }, 0)));
    prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.length));
    prefixes.dedup();
    let example = |prefix: &Prefix| {
        if prefix.length == 0 || prefix.length == width { prefix.address } else { prefix.address ^ 1 << (width - 1 - prefix.length) }
    };
    prefixes.iter().map(|prefix| (*prefix, example(prefix))).collect()
}

fn prefix((address, length): (u128, u8)) -> Prefix {
    Prefix { address, length }
}

/// Networks with a label or a scope of their own, each by an address that is in none of the others.
const LABELLED: [(u128, u8); 7] = [
    (1, 128),
    (0xffff_0000_0001, 96),
    (0x0001_0001, 96),
    (0x2002_0001 << 96, 16),
    (0xfc01 << 112, 7),
    (0x2001_0000_0001 << 80, 32),
    (0xfe80_0001 << 96, 10),
];

/// The best own address for a destination.
fn best(host: &Host, route: &Route, out: u32, destination: u128) -> Option<u128> {
    match host.version {
        IpVersion::V4 => best4(host, route, out),
        IpVersion::V6 => best6(host, out, destination),
    }
}

/// `ipv6_dev_get_saddr`: what is sent on one link has an address of that link's interface.
fn best6(host: &Host, out: u32, destination: u128) -> Option<u128> {
    let on_link = scope(destination) == 2 || destination >> 120 == 0xff;
    let candidates = host.interfaces.iter().filter(|each| !on_link || each.index == out);
    let candidates = candidates.flat_map(|each| each.addresses.iter().map(move |address| (each, *address)));
    // Of equals the first one stays, as in the kernel.
    let better = |best: Option<(Score, u128)>, (interface, (address, length)): (&Interface, (u128, u8))| {
        let score = score(interface, address, length, out, destination);
        match best {
            Some((old, _)) if old >= score => best,
            _ => Some((score, address)),
        }
    };
    candidates.fold(None, better).map(|(_, address)| address)
}

fn best4(host: &Host, route: &Route, out: u32) -> Option<u128> {
    select4(host, out, route.hops.iter().find(|hop| hop.interface == out).and_then(|hop| hop.gateway))
}

/// `inet_select_addr`: on the outgoing interface, in the network of what is near if there is one; else of any interface.
fn select4(host: &Host, out: u32, near: Option<u128>) -> Option<u128> {
    let there = global(host, out);
    let beside = |near: u128| {
        there.iter().find(|address| {
            let (low, high) = prefix(**address).range(32);
            (low..=high).contains(&near)
        })
    };
    let elsewhere = || host.interfaces.iter().find_map(|each| global(host, each.index).first().copied());
    near.and_then(beside).or(there.first()).copied().or_else(elsewhere).map(|(address, _)| address)
}

/// The addresses of an interface that are valid beyond this host.
fn global(host: &Host, interface: u32) -> Vec<(u128, u8)> {
    let there = host.interfaces.iter().find(|each| each.index == interface);
    there.into_iter().flat_map(|each| &each.addresses).copied().filter(|(address, _)| address >> 24 != 127).collect()
}

/// Rules 1, 2, 5, 6 and 8, the first that differs decides.
type Score = (bool, i32, bool, bool, u32);

fn score(interface: &Interface, address: u128, length: u8, out: u32, destination: u128) -> Score {
    let (own, wanted) = (scope(address), scope(destination));
    let distance = if own >= wanted { -own } else { own - 128 };
    let common = (address ^ destination).leading_zeros().min(u32::from(length));
    (address == destination, distance, interface.index == out, label(address) == label(destination), common)
}

/// `__ipv6_addr_src_scope`: link-local 2 (also `::1`), else global.
fn scope(address: u128) -> i32 {
    if address >> 118 == 0x3fa || address == 1 { 2 } else { 14 }
}

/// The kernel's default labels (`addrlabel.c`).
fn label(address: u128) -> u8 {
    match address {
        1 => 0,
        _ if address >> 32 == 0xffff => 4,
        _ if address >> 32 == 0 => 3,
        _ if address >> 112 == 0x2002 => 2,
        _ if address >> 121 == 0x7e => 5,
        _ if address >> 100 == 0x200_1001 => 7,
        _ if address >> 96 == 0x2001_0000 => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Routing, Settings,
        routing::{Hop, MAIN, PolicyAction, PolicyRule, Table},
    };

    fn host(version: IpVersion, addresses: &[(u128, u8)]) -> Host {
        let width = Field::Source.width(version);
        let hops = [Hop { interface: 2, gateway: None, dead: false }].into_iter().collect();
        let prefix = Prefix { address: 0, length: 0 };
        let kind = RouteKind::Unicast;
        let everywhere = Route { prefix, source: None, dscp: 0, metric: 0, kind, scope: 0, preferred_source: None, hops, unknown: None };
        let routing = Routing {
            rules: vec![PolicyRule { action: PolicyAction::Table(MAIN), ..PolicyRule::default() }],
            tables: vec![Table::new(MAIN, width, vec![everywhere], &[])],
            ..Routing::default()
        };
        let interface = |index, name: &str, addresses: &[(u128, u8)]| Interface {
            index,
            name: name.into(),
            loopback: index == 1,
            up: true,
            addresses: addresses.to_vec(),
            mtu: 1500,
            group: 0,
            resolves: index != 1,
            filters_frames: false,
            gateways: Vec::new(),
            neighbours: Vec::new(),
        };
        Host {
            version,
            interfaces: vec![interface(1, "lo", &[]), interface(2, "eth0", addresses)],
            chains: Vec::new(),
            hooks: Vec::new(),
            sets: Vec::new(),
            conditions: Vec::new(),
            conntrack: false,
            reads_route: false,
            reads_priority: false,
            routing,
            settings: Settings::default(),
            sockets: Vec::new(),
        }
    }

    #[test]
    fn many_destinations_are_sent_to_from_what_each_of_them_is_sent_to_from() {
        let addresses = [0xfd00_0000_0001_u128 << 80 | 1, 0xfd00_0000_0002 << 80 | 1, 0x2001_0db8 << 96 | 5, 0xfe80 << 112 | 9]
            .map(|address| (address, 64));
        let host = host(IpVersion::V6, &addresses);
        let all = chosen(HeaderSet::all(), &host);
        let ends = [
            0xfd00_0000_0002_u128 << 80,
            0xfd00_0000_0003 << 80,
            0x2001_0db9 << 96,
            0x2600 << 112,
            0x2002 << 112,
            7,
            0xffff_0102_0304,
            1 << 120,
        ];
        for destination in ends.into_iter().chain(addresses.iter().map(|(address, _)| *address)) {
            let one = HeaderSet::all().split(Field::Destination, &Values::one(128, destination)).0;
            let alone = chosen(one.clone(), &host).values(Field::Source, 128).single();
            assert!(alone.is_some());
            assert_eq!(all.and(&one).values(Field::Source, 128).single(), alone, "to {destination:x}");
        }
    }

    #[test]
    fn ipv4_takes_the_first_address_of_the_interface() {
        let host = host(IpVersion::V4, &[(0x0a00_0001, 24), (0x0a00_0101, 24)]);
        let sources = chosen(HeaderSet::all(), &host).values(Field::Source, 32);
        assert_eq!(sources.single(), Some(0x0a00_0001));
    }
}
