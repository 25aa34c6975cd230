//! The links that packets travel over: who is at their ends.

use crate::{
    model::{Bits, Field, Interface, IpVersion, Test, Values, routing::Route},
    simulate::{
        lookup::{Found, Key},
        machine::Machine,
        outcome::Delivery,
        run::Finished,
        space::Space,
        strand::{Strand, gather},
    },
};

/// A link, for some of the packets that travel over it.
#[derive(Clone)]
pub(super) struct Link<S> {
    /// The packets, as they have fared.
    pub strand: Strand<S>,
    /// Where they went.
    pub delivery: Delivery,
    pub interface: u32,
    /// This host's address, for whoever asks for it or is asked by it. None where the link has none.
    pub own: Option<Bits>,
    pub neighbour: Bits,
    /// The neighbour is a router: there is a path beyond, whose links may be narrower.
    pub routed: bool,
    /// Nobody asks for anybody: the link resolves no addresses, or the neighbour's is set by hand. (Whoever did that will have done it on
    /// both sides; this one tells nothing of the other.)
    pub silent: bool,
}

/// To whom packets are handed for their way on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NextHop {
    /// Their destination itself.
    Destination,
    Gateway(u128),
    /// One of several routers.
    Any,
}

/// The 64 bits of `fe80::/64`.
pub(super) const LINK_LOCAL: u128 = 0xfe80 << 48;

impl<S: Space> Machine<'_, S> {
    /// The links by which packets came in.
    pub(super) fn links_in(&mut self, finished: &Finished<S>) -> Vec<Link<S>> {
        let host = self.decider.host;
        let width = Field::Source.width(host.version);
        let mut links = Vec::new();
        let mut rest = vec![Strand::new(finished.strand.space.clone())];
        for interface in host.interfaces.iter().filter(|each| !each.loopback) {
            let (here, others) = self.divide(rest, &Test::is(Field::InInterface, Values::one(32, interface.index.into())));
            rest = others;
            // Who is in one of the link's own networks sends by itself, others by a router.
            let networks = interface.addresses.iter().map(|(address, length)| prefix(*address, *length, width));
            let (near, far) = self.divide(here, &Test::is(Field::Source, Values::from_ranges(width, networks)));
            let set = Values::from_ranges(width, interface.neighbours.iter().map(|address| (*address, *address)));
            let (known, near) = self.divide(near, &Test::is(Field::Source, set));
            let sender = || Bits::field(Field::Source, host.version);
            let router = if far.is_empty() { sender() } else { self.router(interface, true) };
            let is_set = router.as_constant().is_some_and(|address| interface.neighbours.contains(&address));
            for (strands, neighbour, routed, silent) in
                [(known, sender(), false, true), (near, sender(), false, false), (far, router, true, is_set)]
            {
                for strand in strands {
                    for (strand, own) in self.own_end(strand, Field::Destination, interface) {
                        let strand = Strand { space: strand.space, way: finished.strand.way.clone() };
                        links.push(Link {
                            strand,
                            delivery: finished.delivery.clone(),
                            interface: interface.index,
                            own,
                            neighbour: neighbour.clone(),
                            routed,
                            silent: silent || !interface.resolves,
                        });
                    }
                }
            }
        }
        links
    }

    /// The links by which accepted packets leave.
    pub(super) fn links_out(&mut self, finished: &Finished<S>) -> Vec<Link<S>> {
        let host = self.decider.host;
        let (index, key) = match finished.delivery {
            Delivery::Sent { interface } => (interface, self.key_of_sent()),
            Delivery::Forward { interface } => (interface, Key::RECEIVED),
            Delivery::Local { .. } | Delivery::None => return Vec::new(),
        };
        let Some(interface) = host.interfaces.iter().find(|each| each.index == index && !each.loopback) else { return Vec::new() };
        let mut links = Vec::new();
        // Only the gateway matters: routes that have it in common are one.
        let mut ways: Vec<(NextHop, Vec<Strand<S>>)> = Vec::new();
        for (strand, found) in self.look_up(finished.strand.clone(), &key) {
            let hop = match found {
                Found::Route(route) => next_hop(route, index),
                _ => NextHop::Any,
            };
            match ways.iter_mut().find(|(each, _)| *each == hop) {
                Some((_, strands)) => gather(strands, strand),
                None => ways.push((hop, vec![strand])),
            }
        }
        for (hop, strands) in ways {
            for strand in strands {
                let destination = strand.way.view.field(Field::Destination, host.version);
                let neighbour = match hop {
                    NextHop::Destination => destination.clone(),
                    NextHop::Gateway(gateway) => Bits::constant(Field::Source.width(host.version), gateway),
                    NextHop::Any => self.router(interface, false),
                };
                let routed = hop != NextHop::Destination;
                let is_set = neighbour.as_constant().is_some_and(|address| interface.neighbours.contains(&address));
                let link = |strand: Strand<S>, own: Option<Bits>, silent: bool| Link {
                    strand,
                    delivery: finished.delivery.clone(),
                    interface: index,
                    own,
                    neighbour: neighbour.clone(),
                    routed,
                    silent: silent || is_set || !interface.resolves,
                };
                // Destinations on the link of whom some are set by hand.
                let (known, others) = match (routed, destination.as_field(host.version)) {
                    (false, Some(field)) => {
                        let width = Field::Source.width(host.version);
                        let set = Values::from_ranges(width, interface.neighbours.iter().map(|address| (*address, *address)));
                        self.decider.split(strand, &Test::is(field, set))
                    }
                    _ => (Vec::new(), vec![strand]),
                };
                links.extend(known.into_iter().map(|strand| link(strand, None, true)));
                for strand in others {
                    // ndisc_solicit, arp_solicit: the packet's own source where this host sends it and it is one of its own.
                    if matches!(finished.delivery, Delivery::Sent { .. }) {
                        links.extend(
                            self.own_end(strand, Field::Source, interface).into_iter().map(|(strand, own)| link(strand, own, false)),
                        );
                    } else {
                        links.push(link(strand, usual(interface, host.version), false));
                    }
                }
            }
        }
        links
    }

    /// This host's end of a link: the address in a field where it is one that the link answers for, else the one for matters of the link.
    fn own_end(&mut self, strand: Strand<S>, field: Field, interface: &Interface) -> Vec<(Strand<S>, Option<Bits>)> {
        let host = self.decider.host;
        // IPv4 answers on every link for every address (arp_ignore 0), and asks in its name (arp_announce 0).
        let of_link = host.interfaces.iter().filter(|each| host.version == IpVersion::V4 || each.index == interface.index);
        let own = of_link.flat_map(|each| &each.addresses).map(|(address, _)| (*address, *address));
        let own = Values::from_ranges(Field::Source.width(host.version), own);
        let (here, elsewhere) = self.divide(vec![strand], &Test::is(field, own));
        let mut ends = Vec::new();
        for strand in here {
            let own = strand.way.view.field(field, host.version);
            ends.push((strand, Some(own)));
        }
        ends.extend(elsewhere.into_iter().map(|strand| (strand, usual(interface, host.version))));
        ends
    }

    /// A router on a link: the only one that routes lead to, else one of which only the network is known. An IPv6 router asks by its
    /// link-local address.
    fn router(&mut self, interface: &Interface, asks: bool) -> Bits {
        let version = self.decider.host.version;
        let width = Field::Source.width(version);
        match interface.gateways.as_slice() {
            [gateway] if version == IpVersion::V4 || !asks || gateway >> 64 == LINK_LOCAL => Bits::constant(width, *gateway),
            _ => {
                let network = match (version, interface.addresses.first()) {
                    (IpVersion::V6, _) => (LINK_LOCAL << 64, 64),
                    (IpVersion::V4, Some(own)) => *own,
                    (IpVersion::V4, None) => (0, 0),
                };
                self.anyone(network, "address of a router on the link")
            }
        }
    }

    /// An address of a network that the other end chooses.
    pub(super) fn anyone(&mut self, (address, length): (u128, u8), what: &str) -> Bits {
        let width = Field::Source.width(self.decider.host.version);
        let length = length.min(width);
        let mut bits = Bits::default();
        if length > 0 {
            bits.append(&Bits::constant(length, address >> (width - length)));
        }
        self.decider.undecided.at = None;
        let mut left = width - length;
        while left > 0 {
            let part = left.min(32);
            let choice = self.decider.undecided.chosen(what.to_owned());
            bits.append(&Bits::run(choice, 0, part));
            left -= part;
        }
        bits
    }
}

/// The address that stands for a link: IPv6 the link-local one (`ndisc_send_ns`), IPv4 the primary one (`inet_select_addr`).
fn usual(interface: &Interface, version: IpVersion) -> Option<Bits> {
    let mut own = interface.addresses.iter().map(|(address, _)| *address);
    let own = if version == IpVersion::V6 { own.find(|address| address >> 64 == LINK_LOCAL) } else { own.next() };
    own.map(|address| Bits::constant(Field::Source.width(version), address))
}

fn next_hop(route: &Route, interface: u32) -> NextHop {
    let mut gateways = route.hops.iter().filter(|hop| hop.interface == interface).map(|hop| hop.gateway);
    match gateways.next() {
        Some(first) if gateways.all(|other| other == first) => first.map_or(NextHop::Destination, NextHop::Gateway),
        _ => NextHop::Any,
    }
}

fn prefix(address: u128, length: u8, width: u8) -> (u128, u128) {
    crate::model::routing::Prefix { address, length }.range(width)
}
