//! One packet that shows what an outcome says, and its replay.

use rayon::prelude::*;

use crate::{
    model::{Field, IpVersion, Side, Values},
    packets::Packet,
    simulate::outcome::Ending,
    site::Site,
    world::World,
};

use super::judge::{Judged, Piece};

/// Values that a packet most likely has, tried in order before the smallest of its set.
const USUAL: [(Field, &[u128]); 10] = [
    (Field::Source, &[0xc633_6407, 0xcb00_7107, 0x2001_0db8 << 96 | 7]),
    (Field::SourcePort, &[41234]),
    (Field::TcpFlags, &[2]),
    (Field::Ttl, &[64]),
    (Field::Length, &[60, 64]),
    (Field::Dscp, &[0]),
    (Field::Ecn, &[0]),
    (Field::Mark, &[0]),
    (Field::PacketType, &[0]),
    (Field::IpFlags, &[2, 0]),
];

/// A packet of the piece: an honest one, if there is one. None where only a set that was not read could tell one.
#[must_use]
pub fn packet(judged: &Judged, piece: &Piece) -> Option<Packet> {
    let from = if piece.honest.is_empty() { &piece.outcome.space } else { &piece.honest };
    of_box(judged, &from.boxes().next()?)
}

/// A packet of a box.
#[must_use]
pub fn of_box(judged: &Judged, cuboid: &[Side]) -> Option<Packet> {
    // Nor can it be told without asking who is not in it.
    if cuboid.iter().any(|(field, _)| matches!(field, Field::Member(_))) {
        return None;
    }
    let version = judged.version;
    let find = |field: Field| cuboid.iter().find(|(each, _)| *each == field).map(|(_, values)| values);
    let usual = |field: Field| USUAL.iter().find(|(each, _)| *each == field).map_or(&[][..], |(_, values)| *values);
    let any = |field: Field| Values::all(field.width(version));
    let pick = |field: Field, values: &Values| {
        usual(field).iter().copied().find(|value| fits(field, version, *value) && values.contains(*value)).or_else(|| some(field, values))
    };
    let mut known: Vec<(Field, u128)> = Vec::new();
    for (field, values) in cuboid {
        if !matches!(field, Field::Choice(_) | Field::Member(_) | Field::Register(_) | Field::CtState) {
            known.push((*field, pick(*field, values)?));
        }
    }
    let ports = judged.flow.expression.protocol.has_ports();
    for (field, _) in USUAL {
        if find(field).is_none() && (field != Field::SourcePort || ports) && field != Field::TcpFlags {
            known.push((field, pick(field, &any(field))?));
        }
    }
    Some(Packet { version, known, partly: Vec::new(), state: judged.flow.expression.state.map(crate::gateway::expression::State::bit) })
}

/// The smallest value; of source addresses rather the next, since the smallest is often a network's own.
fn some(field: Field, values: &Values) -> Option<u128> {
    let first = values.first()?;
    let next = first.checked_add(1).filter(|next| field == Field::Source && values.contains(*next));
    Some(next.unwrap_or(first))
}

fn fits(field: Field, version: IpVersion, value: u128) -> bool {
    let narrow = field.width(version) == 128 || value >> field.width(version) == 0;
    // The small numbers of IPv4 are no IPv6 addresses that anybody has.
    narrow && (version == IpVersion::V4 || field != Field::Source || value >> 64 != 0)
}

/// A witness that the tracer contradicts: an error of this program, never a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "internal error: {flow}: the set of packets comes to '{symbolic}', but one packet of it to '{traced}' ({packet}); please report this"
)]
pub struct Disagreement {
    flow: String,
    symbolic: &'static str,
    traced: &'static str,
    packet: String,
}

/// Traces packets of the outcomes of first packets, and compares: of every flow the first outcomes, as many as take little time.
#[must_use]
pub fn disagreements(site: &Site, world: &dyn World, flows: &[Judged]) -> Vec<Disagreement> {
    let all = MOST_EVALUATIONS / site.rules().max(1);
    let each = (all / flows.len().max(1)).max(1);
    let replayed = |judged: &Judged| -> Vec<Disagreement> {
        let [first, ..] = &judged.legs;
        first.pieces.iter().take(each).filter_map(|piece| replay(site, world, judged, piece)).collect()
    };
    flows.par_iter().take(all.max(1)).flat_map_iter(replayed).collect()
}

/// A packet may evaluate every rule: so many evaluations take some hundredths of a second.
const MOST_EVALUATIONS: usize = 200_000;

fn replay(site: &Site, world: &dyn World, judged: &Judged, piece: &Piece) -> Option<Disagreement> {
    let packet = packet(judged, piece)?;
    if matches!(piece.outcome.verdict, Ending::Unknown(_)) {
        return None;
    }
    let traced = super::trace::outcomes(site, world, &packet);
    let same = |ending: &Ending| std::mem::discriminant(ending) == std::mem::discriminant(&piece.outcome.verdict);
    if traced.iter().any(|outcome| same(&outcome.verdict)) {
        return None;
    }
    let words = crate::packets::value::Words { version: packet.version, interfaces: &site.lowered(packet.version).host.interfaces };
    let get = |field: Field| packet.known.iter().find(|(each, _)| *each == field).map(|(_, value)| *value);
    Some(Disagreement {
        flow: judged.flow.expression.to_string(),
        symbolic: super::trace::ending(&piece.outcome.verdict),
        traced: traced.first().map_or("nothing", |outcome| super::trace::ending(&outcome.verdict)),
        packet: crate::packets::print::packet(words, get).line(),
    })
}
