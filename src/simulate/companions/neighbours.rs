//! Address resolution: IPv6 neighbour discovery through the chains that all ICMPv6 passes, ARP through those of its own family.
//!
//! Who sends first on a link asks for the other's hardware address: the neighbour from which packets come in asks for ours, and we ask for that
//! of the next hop. Both learn the asker's address from the question (`ndisc_recv_ns`, `arp_process`), so the way back needs none of its own.

use super::{
    Companion,
    link::{LINK_LOCAL, Link},
};
use crate::{
    model::{Bits, Field, Hook, IpVersion},
    simulate::{
        anew::anew,
        conntrack::{self, Given},
        machine::Machine,
        outcome::Delivery,
        run::{Run, Simulation},
        shared::Shared,
        space::Space,
        strand::{Strand, Way},
    },
};

/// `IPPROTO_ICMPV6`.
const ICMPV6: u128 = 58;
/// `NDISC_NEIGHBOUR_SOLICITATION`, `NDISC_NEIGHBOUR_ADVERTISEMENT`.
const SOLICITATION: u128 = 135;
const ADVERTISEMENT: u128 = 136;
/// `ARPOP_REQUEST`, `ARPOP_REPLY`.
const REQUEST: u128 = 1;
const REPLY: u128 = 2;
/// IPv6 header, the message, and the option with the hardware address of Ethernet.
const ND_LENGTH: u128 = 40 + 24 + 8;
/// `arp_hdr_len` of Ethernet and IPv4.
const ARP_LENGTH: u128 = 28;
const PACKET_HOST: u128 = 0;
const PACKET_BROADCAST: u128 = 1;
const PACKET_MULTICAST: u128 = 2;
/// The 104 bits of `ff02::1:ff00:0/104` (`addrconf_addr_solict_mult`).
const SOLICITED: u128 = (0xff02 << 112 | 0x1_ff00_0000) >> 24;

impl Simulation<'_> {
    /// Whether there is a link that resolves addresses, and a chain that its messages pass. Of a host that has but link-local addresses
    /// nobody wants IPv6.
    pub(super) fn resolves(&self) -> bool {
        let host = self.host();
        let hooks = |hooks: &[Hook]| hooks.iter().any(|hook| !host.chains_at(*hook).is_empty());
        let global = |(address, _): &(u128, u8)| address >> 64 != LINK_LOCAL;
        let wanted = match host.version {
            IpVersion::V4 => hooks(&[Hook::ArpInput, Hook::ArpOutput]),
            IpVersion::V6 => {
                hooks(&[Hook::Ingress, Hook::Prerouting, Hook::Input, Hook::Output, Hook::Postrouting])
                    && host.interfaces.iter().any(|each| !each.loopback && each.addresses.iter().any(global))
            }
        };
        wanted && host.interfaces.iter().any(|each| each.resolves)
    }
}

impl<S: Space> Machine<'_, S> {
    /// Each of the messages for each of the links.
    pub(super) fn resolve(&mut self, incoming: &[Link<S>], outgoing: &[Link<S>]) -> Vec<(Companion, Run<S>)> {
        let run = |message: Companion| {
            let links = if message.is_of_incoming() { incoming } else { outgoing };
            for link in links.iter().filter(|link| !link.silent) {
                if let Some(strand) = self.message(link, message) {
                    self.carry(strand, message, link.interface);
                }
            }
            (message, Run { finished: std::mem::take(&mut self.finished), undecided: self.decider.undecided.clone() })
        };
        Companion::NEIGHBOURS.map(run).into()
    }

    /// The packets of a link as one of its messages.
    fn message(&mut self, link: &Link<S>, message: Companion) -> Option<Strand<S>> {
        let version = self.decider.host.version;
        let own = link.own.clone()?;
        self.decider.undecided.at = None;
        let mut way = Shared::from(Way::default());
        way.view = anew("of address resolution", &mut self.decider.undecided, version);
        let view = &mut way.view;
        let (source, destination) = if message.is_sent() { (own, link.neighbour.clone()) } else { (link.neighbour.clone(), own) };
        let everybody = match version {
            IpVersion::V4 => PACKET_BROADCAST,
            IpVersion::V6 => PACKET_MULTICAST,
        };
        view.fix(Field::PacketType, if message == Companion::NeighbourAsks { everybody } else { PACKET_HOST }, 8);
        match version {
            // ndisc_send_ns, ndisc_send_na
            IpVersion::V6 => {
                view.set(Field::Source, source);
                view.set(Field::Destination, if message.is_question() { solicited(&destination) } else { destination });
                let kind = if message.is_question() { SOLICITATION } else { ADVERTISEMENT };
                view.fix(Field::Protocol, ICMPV6, 8);
                view.fix(Field::SourcePort, kind << 8, 16);
                view.fix(Field::Ttl, 255, 8);
                view.fix(Field::Length, ND_LENGTH, 16);
            }
            // arp_create
            IpVersion::V4 => {
                view.set(Field::Source, source);
                view.set(Field::Destination, destination);
                view.fix(Field::ArpOperation, if message.is_question() { REQUEST } else { REPLY }, 16);
                view.fix(Field::Length, ARP_LENGTH, 16);
                if message.is_question() {
                    view.fix(Field::LinkDestination, 0, 48);
                }
            }
        }
        let (incoming, outgoing) = if message.is_sent() { (0, link.interface) } else { (link.interface, 0) };
        view.fix(Field::InInterface, incoming.into(), 32);
        view.fix(Field::OutInterface, outgoing.into(), 32);
        view.fix(Field::CtState, conntrack::INVALID, 32);
        Some(Strand { space: link.strand.space.clone(), way })
    }

    /// A message on its way. It is not routed as others are: it is for this host, or for this link (`icmp6_dst_alloc`, `arp_xmit`).
    fn carry(&mut self, strand: Strand<S>, message: Companion, interface: u32) {
        let mut strands = vec![strand];
        let delivery = if message.is_sent() { Delivery::Sent { interface } } else { Delivery::Local { socket: None } };
        let hooks: &[Hook] = match (self.decider.host.version, message.is_sent()) {
            (IpVersion::V4, true) => &[Hook::ArpOutput],
            (IpVersion::V4, false) => &[Hook::ArpInput],
            (IpVersion::V6, true) => &[Hook::Output, Hook::Postrouting],
            (IpVersion::V6, false) => {
                strands = self.ingress(strands, Given::First);
                &[Hook::Prerouting, Hook::Input]
            }
        };
        for hook in hooks {
            strands = self.pass(*hook, strands, Given::First, None);
        }
        for strand in strands {
            self.arrive(strand, delivery.clone());
        }
    }
}

/// The multicast group in which whoever has an address listens for questions about it.
fn solicited(address: &Bits) -> Bits {
    let mut group = Bits::constant(104, SOLICITED);
    group.append(&address.slice(104, 24));
    group
}
