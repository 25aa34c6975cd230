//! The messages of other protocols without which a leg does not work: address resolution on its links, and what routers beyond them say of
//! packets that are too big. And what a reject says, which makes a refusal of what would else be silence.
//!
//! As replies are, they are run over the packets of the flow, seen through a view that makes them what they are: so an outcome speaks of the
//! packets that wait for a message.

mod link;

mod neighbours;

mod path_mtu;

mod refusal;

use super::{exchange::Exchange, run::Run, run::Simulation, space::Space};

/// A message that an exchange needs besides its own packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Companion {
    /// A neighbour asks for this host's hardware address.
    NeighbourAsks,
    /// This host answers.
    HostAnswers,
    /// This host asks for that of the next hop.
    HostAsks,
    /// That answers.
    NeighbourAnswers,
    /// A router tells this host that what it sends is too big.
    TooBigHere,
    /// A router tells the one who began a forwarded connection.
    TooBigBack,
    /// A router tells the other end of a forwarded connection.
    TooBigOn,
    /// This host tells the sender that it rejects the first packet.
    Refusal,
}

impl Companion {
    /// Those of address resolution, in the order in which an exchange needs them: without them nothing moves on a link.
    pub const NEIGHBOURS: [Self; 4] = [Self::NeighbourAsks, Self::HostAnswers, Self::HostAsks, Self::NeighbourAnswers];

    /// Whether it is of address resolution, without which nothing at all gets through.
    #[must_use]
    pub const fn is_of_neighbours(self) -> bool {
        matches!(self, Self::NeighbourAsks | Self::HostAnswers | Self::HostAsks | Self::NeighbourAnswers)
    }

    /// Whether this host sends it.
    #[must_use]
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::HostAnswers | Self::HostAsks | Self::Refusal)
    }

    const fn is_question(self) -> bool {
        matches!(self, Self::NeighbourAsks | Self::HostAsks)
    }

    /// Whether it belongs to the link by which first packets come in.
    const fn is_of_incoming(self) -> bool {
        matches!(self, Self::NeighbourAsks | Self::HostAnswers)
    }
}

impl Simulation<'_> {
    /// What becomes of the messages that the first packets of an exchange need. Those that no rule could stop are left out.
    pub fn companions<S: Space>(&self, exchange: &Exchange<S>) -> Vec<(Companion, Run<S>)> {
        let (resolving, sizing, refusing) = (self.resolves(), self.answers_size(exchange), Self::refuses(exchange));
        if !resolving && !sizing && !refusing {
            return Vec::new();
        }
        let mut machine = self.machine(exchange.rest.undecided.clone());
        let (mut incoming, mut outgoing) = (Vec::new(), Vec::new());
        for finished in exchange.first.accepted() {
            incoming.extend(machine.links_in(finished));
            outgoing.extend(machine.links_out(finished));
        }
        let mut runs = Vec::new();
        if resolving {
            runs.extend(machine.resolve(&incoming, &outgoing));
        }
        if sizing {
            runs.extend(machine.tell_sizes(&incoming, &outgoing));
        }
        if refusing {
            runs.push(machine.refuse(exchange));
        }
        runs
    }
}
