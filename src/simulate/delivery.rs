//! Which listening socket takes a packet: `__inet_lookup_listener`, `inet6_lookup_listener`, `__udp4_lib_lookup`, `__udp6_lib_lookup`.

use super::{machine::Machine, space::Space, strand::Strand};
use crate::model::{Field, Socket, Test, Values};

impl<S: Space> Machine<'_, S> {
    /// Gives packets to sockets: the index in [`crate::model::Host::sockets`], or none.
    pub(super) fn deliver(&mut self, strands: Vec<Strand<S>>) -> Vec<(Strand<S>, Option<usize>)> {
        let host = self.decider.host;
        let width = self.decider.host_address_width();
        let mut order: Vec<usize> = (0..host.sockets.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(rank(&host.sockets[*at])));
        let mut delivered = Vec::new();
        for strand in strands {
            // Most packets have one port, and few sockets are bound to it.
            let port = self.decider.value(&strand.space, &strand.way.view.field(Field::DestinationPort, host.version));
            let mut rest = vec![strand];
            for at in order.iter().copied().filter(|at| port.is_none_or(|port| port == u128::from(host.sockets[*at].port))) {
                if rest.is_empty() {
                    break;
                }
                let (taken, others) = self.divide(rest, &takes(&host.sockets[at], width));
                delivered.extend(taken.into_iter().map(|strand| (strand, Some(at))));
                rest = others;
            }
            delivered.extend(rest.into_iter().map(|strand| (strand, None)));
        }
        delivered
    }
}

/// A connected socket is asked first, then those of one address, then the wildcards; among these a bound device counts, and a socket of the
/// packet's own family before one that takes both (`compute_score`).
fn rank(socket: &Socket) -> (bool, bool, bool, bool) {
    (socket.peer.is_some(), socket.address.is_some(), socket.device.is_some(), !socket.dual)
}

fn takes(socket: &Socket, width: u8) -> Test {
    let is = |field, width, value: u128| Test::is(field, Values::one(width, value));
    let address = socket.address.map(|address| is(Field::Destination, width, address));
    let device = socket.device.map(|device| is(Field::InInterface, 32, device.into()));
    let peer = socket.peer.map(|(peer, port)| Test::all([is(Field::Source, width, peer), is(Field::SourcePort, 16, port.into())]));
    let first = [is(Field::DestinationPort, 16, socket.port.into()), is(Field::Protocol, 8, socket.protocol.into())];
    Test::all(first.into_iter().chain(address).chain(device).chain(peer))
}
