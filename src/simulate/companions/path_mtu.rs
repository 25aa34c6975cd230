//! What routers say of packets that are too big for the next link: ICMP "fragmentation needed", ICMPv6 "packet too big".
//!
//! TCP sends packets that must not be fragmented, as big as its own link takes them. Where a link on the path is narrower, the router before it
//! drops them and tells the sender. If the sender does not hear that, the connection opens and then stands still: a black hole. Connection
//! tracking finds the connection by the packet that the message quotes, and calls it related (`nf_conntrack_inet_error`).

use super::{Companion, link::Link};
use crate::{
    model::{Bits, Field, Hook, IpVersion},
    simulate::{
        anew::anew,
        connection::Connection,
        conntrack::Given,
        exchange::Exchange,
        machine::Machine,
        outcome::Delivery,
        run::{Run, Simulation},
        shared::Shared,
        space::Space,
        strand::{Strand, Way},
    },
};

const TCP: u128 = 6;
/// Protocol, type and code.
const FRAGMENTATION_NEEDED: (u128, u128) = (1, 3 << 8 | 4);
const PACKET_TOO_BIG: (u128, u128) = (58, 2 << 8);

impl Simulation<'_> {
    /// Whether these are connections of which it matters, and a chain could stop a message.
    pub(super) fn answers_size<S: Space>(&self, exchange: &Exchange<S>) -> bool {
        let hooks = [Hook::Ingress, Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Postrouting];
        let filtered = hooks.iter().any(|hook| !self.host().chains_at(*hook).is_empty());
        let of_tcp = |space: &S| space.single(Field::Protocol, 8) == Some(TCP);
        filtered && exchange.rest.accepted().next().is_some() && exchange.first.accepted().any(|each| of_tcp(&each.strand.space))
    }
}

impl<S: Space> Machine<'_, S> {
    /// Each of the messages that routers beyond the links may have to send.
    pub(super) fn tell_sizes(&mut self, incoming: &[Link<S>], outgoing: &[Link<S>]) -> Vec<(Companion, Run<S>)> {
        let deaf = self.decider.host.settings.finds_path_mtu_itself;
        let forwards = |link: &&Link<S>| matches!(link.delivery, Delivery::Forward { .. });
        let ends_here = |link: &&Link<S>| !deaf && !forwards(link);
        let routed = |links: &[Link<S>]| links.iter().filter(|link| link.routed).cloned().collect::<Vec<_>>();
        let (incoming, outgoing) = (routed(incoming), routed(outgoing));
        let here = incoming.iter().filter(ends_here).map(|link| (link, 0)).chain(outgoing.iter().filter(ends_here).map(|link| (link, 1)));
        let groups = [
            (Companion::TooBigHere, here.collect::<Vec<_>>()),
            (Companion::TooBigBack, outgoing.iter().filter(forwards).map(|link| (link, 1)).collect()),
            (Companion::TooBigOn, incoming.iter().filter(forwards).map(|link| (link, 0)).collect()),
        ];
        let mut runs = Vec::new();
        for (message, links) in groups.into_iter().filter(|(_, links)| !links.is_empty()) {
            for (link, direction) in links {
                let (strand, given) = self.too_big(link, direction);
                self.travel(vec![strand], given);
            }
            runs.push((message, Run { finished: std::mem::take(&mut self.finished), undecided: self.decider.undecided.clone() }));
        }
        runs
    }

    /// The packets of a link as the message of a router beyond it, in the direction of the first packet (0) or against it (1).
    fn too_big(&mut self, link: &Link<S>, direction: u128) -> (Strand<S>, Given) {
        let version = self.decider.host.version;
        let before = &link.strand.way;
        let mut way = Shared::from(Way::default());
        let router = match version {
            IpVersion::V4 => self.anyone((0, 0), "address of a router on the path"),
            IpVersion::V6 => self.anyone((1 << 125, 3), "address of a router on the path"),
        };
        way.view = anew("of a router's message", &mut self.decider.undecided, version);
        let view = &mut way.view;
        let (protocol, kind) = if version == IpVersion::V4 { FRAGMENTATION_NEEDED } else { PACKET_TOO_BIG };
        view.fix(Field::Protocol, protocol, 8);
        view.fix(Field::SourcePort, kind, 16);
        view.set(Field::Source, router);
        view.set(
            Field::Destination,
            match direction {
                0 => Bits::field(Field::Destination, version),
                _ => before.view.field(Field::Source, version),
            },
        );
        view.fix(Field::InInterface, link.interface.into(), 32);
        let given = match Connection::of(before, version).carry(&mut way, direction, version) {
            Given::First => Given::First,
            Given::State(_) | Given::Related => Given::Related,
        };
        (Strand { space: link.strand.space.clone(), way }, given)
    }
}
