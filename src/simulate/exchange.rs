//! The packets of a leg: first packet, reply, and the rest of the connection. What it needs besides stands in [`super::companions`].
//!
//! A reply is run over the *original* packets, seen through a view that is the first packet's inverted: its source is what the first
//! packet's destination had become. So an outcome of the reply speaks of the clients whose reply it is.

use super::{
    Given, Simulation,
    conntrack::ESTABLISHED,
    outcome::{Delivery, Ending},
    run::{Finished, Run},
    shared::Shared,
    space::Space,
    strand::{Strand, Tracking, Way},
    undecided::Undecideds,
};
use crate::model::{Bits, Field, IpVersion};

const SYN_ACK: u128 = 0x12;
const ACK: u128 = 0x10;
/// `IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED`.
const STATUS_ANSWERED: u128 = 2 | 4 | 8;

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
            replies.extend(back.iter().filter_map(|finished| self.answer(finished, &mut undecided)));
            lost.extend(around);
        }
        let mut reply = self.run_groups(replies, undecided);
        reply.finished.extend(lost);
        let mut undecided = reply.undecided.clone();
        let later = reply.accepted().map(|finished| self.later(finished, &mut undecided)).collect::<Vec<_>>();
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

    /// The reply to an accepted first packet; none to a protocol that has no answer of its own.
    fn answer<S: Space>(&self, finished: &Finished<S>, undecided: &mut Undecideds) -> Option<(Strand<S>, Given)> {
        let version = self.host().version;
        let Finished { strand, delivery, .. } = finished;
        let seen = |field| strand.way.view.field(field, version);
        let mut way = Shared::from(Way { binding: strand.way.binding.clone(), ..Way::default() });
        let view = &mut way.view;
        forget_packet(&mut |field, bits| view.set(field, bits), "of the reply", undecided, version);
        let protocol = strand.space.single(Field::Protocol, 8);
        view.set(Field::Protocol, seen(Field::Protocol));
        view.set(Field::Source, seen(Field::Destination));
        view.set(Field::Destination, seen(Field::Source));
        match protocol {
            Some(1) => view.fix(Field::SourcePort, 0, 16),
            Some(58) => view.fix(Field::SourcePort, 129 << 8, 16),
            _ => {
                view.set(Field::SourcePort, seen(Field::DestinationPort));
                view.set(Field::DestinationPort, seen(Field::SourcePort));
            }
        }
        view.fix(Field::TcpFlags, SYN_ACK, 8);
        let from = match delivery {
            Delivery::Local { .. } => 0,
            Delivery::Forward { interface } | Delivery::Sent { interface } => u128::from(*interface),
            Delivery::None => return None,
        };
        view.fix(Field::InInterface, from, 32);
        if let Delivery::Local { socket: Some(socket) } = delivery {
            view.fix(Field::Uid, u128::from(self.host().sockets[*socket].uid), 32);
        }
        let given = connection(&strand.way, &mut way, 1, version);
        Some((Strand { space: strand.space.clone(), way }, given))
    }

    /// A later packet in the first one's direction.
    fn later<S: Space>(&self, finished: &Finished<S>, undecided: &mut Undecideds) -> (Strand<S>, Given) {
        let version = self.host().version;
        let strand = &finished.strand;
        let mut way = Shared::from(Way { binding: strand.way.binding.clone(), ..Way::default() });
        let view = &mut way.view;
        forget_packet(&mut |field, bits| view.set(field, bits), "of a later packet", undecided, version);
        for field in [Field::Source, Field::Destination, Field::SourcePort, Field::DestinationPort] {
            view.set(field, Bits::field(field, version));
        }
        // What this host sends belongs to one socket all the time.
        if strand.space.single(Field::InInterface, 32) == Some(0) {
            for field in [Field::Uid, Field::Gid, Field::Cgroup] {
                view.set(field, Bits::field(field, version));
            }
        }
        view.fix(Field::TcpFlags, ACK, 8);
        let given = connection(&strand.way, &mut way, 0, version);
        (Strand { space: strand.space.clone(), way }, given)
    }
}

/// Carries a connection over to a later packet: how conntrack takes it.
pub(super) fn connection(before: &Way, way: &mut Way, direction: u128, version: IpVersion) -> Given {
    if !before.tracking.has_connection() {
        return Given::First;
    }
    let view = &mut way.view;
    let status = before.view.get(Field::CtStatus).and_then(Bits::as_constant).unwrap_or(0);
    view.fix(Field::CtStatus, status | STATUS_ANSWERED, 32);
    view.fix(Field::CtDirection, direction, 8);
    view.set(Field::CtMark, before.view.field(Field::CtMark, version));
    view.set(Field::CtZone, before.view.field(Field::CtZone, version));
    for (of_connection, original) in [
        (Field::CtOriginalSource, Field::Source),
        (Field::CtOriginalDestination, Field::Destination),
        (Field::CtOriginalSourcePort, Field::SourcePort),
        (Field::CtOriginalDestinationPort, Field::DestinationPort),
    ] {
        view.set(of_connection, Bits::field(original, version));
    }
    way.tracking = Tracking::Unseen;
    Given::State(ESTABLISHED)
}

/// Sets the fields that each packet has anew: fixed where every usual sender agrees, else free.
pub(super) fn forget_packet(set: &mut impl FnMut(Field, Bits), whose: &str, undecided: &mut Undecideds, version: IpVersion) {
    for (field, value) in [
        (Field::Mark, 0),
        (Field::Ttl, 64),
        (Field::IpFlags, 2),
        (Field::FragmentOffset, 0),
        (Field::Priority, 0),
        (Field::PacketType, 0),
        (Field::NfTrace, 0),
        (Field::RtClassId, 0),
        (Field::SecMark, 0),
    ] {
        set(field, Bits::constant(field.width(version), value));
    }
    // Lengths of which every header is whole: all numbers to 1983 with the bit of 64 set, so that limits on small and on big packets show.
    let choice = undecided.chosen(format!("{} {whose}", Field::Length.name()));
    let mut length = Bits::constant(5, 0);
    length.append(&Bits::run(choice, 7, 4));
    length.append(&Bits::constant(1, 1));
    length.append(&Bits::run(choice, 0, 6));
    set(Field::Length, length);
    // Headers with options and without, of 5, 7, 13 or 15 words.
    let choice = undecided.chosen(format!("{} {whose}", Field::DataOffset.name()));
    let mut words = Bits::run(choice, 1, 1);
    words.append(&Bits::constant(1, 1));
    words.append(&Bits::run(choice, 0, 1));
    words.append(&Bits::constant(1, 1));
    set(Field::DataOffset, words);
    for field in [
        Field::Dscp,
        Field::Ecn,
        Field::IpId,
        Field::IpChecksum,
        Field::FlowLabel,
        Field::Sequence,
        Field::Acknowledgement,
        Field::TcpReserved,
        Field::Window,
        Field::TcpChecksum,
        Field::Urgent,
        Field::LinkSource,
        Field::LinkDestination,
        Field::DestinationPort,
        Field::Uid,
        Field::Gid,
        Field::Cgroup,
        Field::Cpu,
    ] {
        let choice = undecided.chosen(format!("{} {whose}", field.name()));
        set(field, Bits::run(choice, 0, field.width(version)));
    }
}

impl<S: Space> Run<S> {
    /// The pieces that came through.
    pub fn accepted(&self) -> impl Iterator<Item = &Finished<S>> {
        self.finished.iter().filter(|finished| finished.ending == Ending::Accept)
    }
}
