//! The packets of a leg: first packet, reply, and the rest of the connection. What it needs besides stands in [`super::companions`].
//!
//! A reply is run over the *original* packets, seen through a view that is the first packet's inverted: its source is what the first
//! packet's destination had become. So an outcome of the reply speaks of the clients whose reply it is.

use super::{
    Given, Simulation,
    anew::anew,
    connection::Connection,
    conntrack::ESTABLISHED,
    outcome::{Delivery, Ending},
    run::{Finished, Run},
    shared::Shared,
    space::Space,
    strand::{Strand, Way, gather},
    undecided::Undecideds,
};
use crate::model::{Bits, Field};

const SYN_ACK: u128 = 0x12;
const ACK: u128 = 0x10;

/// What becomes of a leg.
#[derive(Debug, Clone)]
pub struct Exchange<S> {
    /// The first packets.
    pub first: Run<S>,
    /// The replies to those that were accepted.
    pub reply: Run<S>,
    /// The rest of the connection, in the first packet's direction, of those whose reply was accepted.
    pub rest: Run<S>,
}

impl Simulation<'_> {
    /// Runs a leg.
    pub fn exchange<S: Space>(&self, start: S, given: Given) -> Exchange<S> {
        let first = self.run(start, given);
        let mut undecided = first.undecided.clone();
        let (mut replies, mut lost) = (Vec::new(), Vec::new());
        for finished in first.accepted() {
            let (back, around) = self.comes_back(finished);
            replies.extend(back.into_iter().filter_map(|finished| Some((self.question(&finished)?, finished.strand.space))));
            lost.extend(around);
        }
        let replies = alike(replies, |question| self.answer(question, &mut undecided));
        let mut reply = self.run_groups(replies, undecided);
        reply.finished.extend(lost);
        let mut undecided = reply.undecided.clone();
        let later = reply.accepted().map(|finished| (self.so_far(finished), finished.strand.space.clone())).collect();
        let later = alike(later, |so_far| self.later(so_far, &mut undecided));
        let rest = self.run_groups(later, undecided);
        Exchange { first, reply, rest }
    }

    fn run_groups<S: Space>(&self, strands: Vec<(Strand<S>, Given)>, undecided: Undecideds) -> Run<S> {
        let (known, fresh): (Vec<_>, Vec<_>) = strands.into_iter().partition(|(_, given)| *given != Given::First);
        let of = |strands: Vec<(Strand<S>, Given)>| strands.into_iter().map(|(strand, _)| strand).collect();
        let mut run = self.run_strands(of(known), Given::State(ESTABLISHED), undecided);
        let more = self.run_strands(of(fresh), Given::First, run.undecided);
        run.finished.extend(more.finished);
        run.undecided = more.undecided;
        run
    }

    /// What the reply to an accepted first packet depends on; none for packets that went nowhere.
    fn question<S: Space>(&self, finished: &Finished<S>) -> Option<Question> {
        let version = self.host().version;
        let Finished { strand, delivery, .. } = finished;
        let seen = |field| strand.way.view.field(field, version);
        let (interface, uid) = match delivery {
            Delivery::Local { socket } => (0, socket.map(|socket| self.host().sockets[socket].uid)),
            Delivery::Forward { interface } | Delivery::Sent { interface } => (*interface, None),
            Delivery::None => return None,
        };
        Some(Question {
            connection: Connection::of(&strand.way, version),
            tuple: [Field::Source, Field::Destination, Field::SourcePort, Field::DestinationPort, Field::Protocol].map(seen),
            protocol: strand.space.single(Field::Protocol, 8),
            interface,
            uid,
        })
    }

    /// The reply to accepted first packets.
    fn answer(&self, question: &Question, undecided: &mut Undecideds) -> (Shared<Way>, Given) {
        let version = self.host().version;
        let mut way = Shared::from(Way { view: anew("of the reply", undecided, version), ..Way::default() });
        let view = &mut way.view;
        let [source, destination, source_port, destination_port, protocol] = question.tuple.clone();
        view.set(Field::Protocol, protocol);
        view.set(Field::Source, destination);
        view.set(Field::Destination, source);
        match question.protocol {
            Some(1) => view.fix(Field::SourcePort, 0, 16),
            Some(58) => view.fix(Field::SourcePort, 129 << 8, 16),
            _ => {
                view.set(Field::SourcePort, destination_port);
                view.set(Field::DestinationPort, source_port);
            }
        }
        view.fix(Field::TcpFlags, SYN_ACK, 8);
        view.fix(Field::InInterface, question.interface.into(), 32);
        if let Some(uid) = question.uid {
            view.fix(Field::Uid, uid.into(), 32);
        }
        let given = question.connection.carry(&mut way, 1, version);
        (way, given)
    }

    /// What later packets in the first one's direction depend on.
    fn so_far<S: Space>(&self, finished: &Finished<S>) -> SoFar {
        let strand = &finished.strand;
        SoFar {
            connection: Connection::of(&strand.way, self.host().version),
            sent_here: strand.space.single(Field::InInterface, 32) == Some(0),
        }
    }

    /// A later packet in the first one's direction.
    fn later(&self, so_far: &SoFar, undecided: &mut Undecideds) -> (Shared<Way>, Given) {
        let version = self.host().version;
        let mut way = Shared::from(Way { view: anew("of a later packet", undecided, version), ..Way::default() });
        let view = &mut way.view;
        for field in [Field::Source, Field::Destination, Field::SourcePort, Field::DestinationPort] {
            view.set(field, Bits::field(field, version));
        }
        // What this host sends belongs to one socket all the time.
        if so_far.sent_here {
            for field in [Field::Uid, Field::Gid, Field::Cgroup] {
                view.set(field, Bits::field(field, version));
            }
        }
        view.fix(Field::TcpFlags, ACK, 8);
        let given = so_far.connection.carry(&mut way, 0, version);
        (way, given)
    }
}

/// What the reply to first packets depends on.
#[derive(PartialEq)]
struct Question {
    connection: Connection,
    /// Addresses, ports and protocol, as they arrived.
    tuple: [Bits; 5],
    /// The protocol that all of them have.
    protocol: Option<u128>,
    /// By which the reply comes in; 0 if this host sends it.
    interface: u32,
    /// Whose socket sends it.
    uid: Option<u32>,
}

/// What later packets depend on.
#[derive(PartialEq)]
struct SoFar {
    connection: Connection,
    sent_here: bool,
}

/// Packets that go on alike, however they came so far, are one strand from here on.
fn alike<S: Space, K: PartialEq>(packets: Vec<(K, S)>, mut way: impl FnMut(&K) -> (Shared<Way>, Given)) -> Vec<(Strand<S>, Given)> {
    let mut groups: Vec<(K, Vec<S>)> = Vec::new();
    for (kind, space) in packets {
        match groups.iter_mut().find(|(each, _)| *each == kind) {
            Some((_, spaces)) => spaces.push(space),
            None => groups.push((kind, vec![space])),
        }
    }
    let mut strands = Vec::new();
    for (kind, spaces) in groups {
        let (way, given) = way(&kind);
        let mut joined = Vec::new();
        for space in spaces {
            gather(&mut joined, Strand { space, way: way.clone() });
        }
        strands.extend(joined.into_iter().map(|strand| (strand, given)));
    }
    strands
}

impl<S: Space> Run<S> {
    /// The pieces that came through.
    pub fn accepted(&self) -> impl Iterator<Item = &Finished<S>> {
        self.finished.iter().filter(|finished| finished.ending == Ending::Accept)
    }
}
