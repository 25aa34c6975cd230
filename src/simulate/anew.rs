//! The fields that each packet has anew: fixed where every usual sender agrees, else free.

use super::{undecided::Undecideds, view::View};
use crate::model::{Bits, Field, IpVersion};

/// What every usual sender puts there.
const USUAL: [(Field, u128); 9] = [
    (Field::Mark, 0),
    (Field::Ttl, 64),
    (Field::IpFlags, 2),
    (Field::FragmentOffset, 0),
    (Field::Priority, 0),
    (Field::PacketType, 0),
    (Field::NfTrace, 0),
    (Field::RtClassId, 0),
    (Field::SecMark, 0),
];

/// What nobody knows.
const FREE: [Field; 18] = [
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
];

/// How many fields are set besides, mostly.
const ROOM: usize = 20;

/// The view of a packet that has nothing of the one before but what is set in it afterwards. `whose` completes "time to live …".
pub(super) fn anew(whose: &'static str, undecided: &mut Undecideds, version: IpVersion) -> View {
    let mut fields = Vec::with_capacity(USUAL.len() + FREE.len() + ROOM);
    fields.extend(USUAL.map(|(field, value)| (field, Bits::constant(field.width(version), value))));
    // Lengths of which every header is whole: all numbers to 1983 with the bit of 64 set, so that limits on small and on big packets show.
    let choice = undecided.anew(Field::Length, whose);
    let mut length = Bits::constant(5, 0);
    length.append(&Bits::run(choice, 7, 4));
    length.append(&Bits::constant(1, 1));
    length.append(&Bits::run(choice, 0, 6));
    fields.push((Field::Length, length));
    // Headers with options and without, of 5, 7, 13 or 15 words.
    let choice = undecided.anew(Field::DataOffset, whose);
    let mut words = Bits::run(choice, 1, 1);
    words.append(&Bits::constant(1, 1));
    words.append(&Bits::run(choice, 0, 1));
    words.append(&Bits::constant(1, 1));
    fields.push((Field::DataOffset, words));
    fields.extend(FREE.map(|field| (field, Bits::run(undecided.anew(field, whose), 0, field.width(version)))));
    View::of(fields)
}
