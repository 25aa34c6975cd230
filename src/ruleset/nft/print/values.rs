//! The keys and values of a set's elements: which types their bytes have, and where each part of a concatenation lies.

use crate::ruleset::nft::{Element, Set};

use super::actions::as_prefix;
use super::datatype::{self as types, Base, Datatype, Order};
use super::number::Number;
use super::operand::{Kind, Operand, flags_or_number};
use super::set::Notes;

/// A set, with what is needed to read each of its elements.
pub struct Values<'s> {
    pub set: &'s Set,
    notes: Notes<'s>,
    /// The types of the key; several for a concatenation.
    pub keys: Vec<Datatype>,
    data: Vec<Datatype>,
    /// The widths of the key's parts in bytes.
    widths: Vec<usize>,
    /// Bits below the field that the keys hold.
    pub shift: u32,
}

impl<'s> Values<'s> {
    pub fn new(set: &'s Set, shift: u32) -> Self {
        let (notes, keys) = (Notes::of(set), types::parts_of(set.key_type));
        let widths = widths(set, &notes, &keys);
        Self { set, notes, keys, data: types::parts_of(set.data_type.unwrap_or(0)), widths, shift }
    }

    /// The type of a key that is no concatenation.
    pub fn key_type(&self) -> Datatype {
        self.keys.first().copied().unwrap_or(&types::INVALID)
    }

    /// What a data map leads to.
    pub fn value<'r>(&self, data: &[u8]) -> Operand<'r> {
        let widths: Vec<usize> = self.data.iter().map(|datatype| datatype.bits.div_ceil(8) as usize).collect();
        if self.notes.data_interval {
            let (low, high) = data.split_at(data.len() / 2);
            let ends = parts(low, &self.data, &widths, true).into_iter().zip(parts(high, &self.data, &widths, true));
            let ranges = ends.map(|(low, high)| if low.as_number() == high.as_number() { low } else { as_prefix(low, high) });
            return joined(ranges.collect());
        }
        if self.data.len() > 1 {
            return joined(parts(data, &self.data, &widths, false));
        }
        typed(data, self.data.first().copied().unwrap_or(&types::INVALID), self.notes.data_order)
    }

    /// A key that is no concatenation.
    pub fn single<'r>(&self, element: &Element) -> Operand<'r> {
        let datatype = self.key_type();
        let mut key = typed(&element.key, datatype, self.notes.key_order);
        if let (Kind::Number(number) | Kind::Flags(number), true) = (&key.kind, self.shift > 0) {
            key.kind = flags_or_number(Number { value: number.value >> self.shift, ..*number }, datatype);
        }
        key
    }

    /// A concatenation.
    pub fn concatenation<'r>(&self, key: &[u8]) -> Operand<'r> {
        joined(parts(key, &self.keys, &self.widths, false))
    }

    /// The ranges of a concatenation: from the key's parts to those of its end.
    pub fn ranges<'r>(&self, element: &Element) -> Operand<'r> {
        let low = parts(&element.key, &self.keys, &self.widths, true);
        let Some(end) = &element.key_end else { return joined(low) };
        let high = parts(end, &self.keys, &self.widths, true);
        let spans = low.into_iter().zip(high).map(|(low, high)| match (&low.kind, &high.kind) {
            (Kind::Text(from), Kind::Text(to)) if from == to => low,
            (Kind::Text(from), Kind::Text(_)) => {
                let kind = Kind::Text(format!("{from}*"));
                Operand { kind, ..low }
            }
            _ if low.as_number() == high.as_number() => low,
            _ if low.datatype.prefixes => as_prefix(low, high),
            _ => Operand::untyped(Kind::Range(Box::new(low), Box::new(high))),
        });
        joined(spans.collect())
    }
}

fn typed<'r>(data: &[u8], datatype: Datatype, noted: Order) -> Operand<'r> {
    let mut operand = Operand::bytes(data);
    operand.set_type(datatype, if noted == Order::Unknown { datatype.order } else { noted });
    operand.settled()
}

fn joined(mut parts: Vec<Operand>) -> Operand {
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    Operand::untyped(Kind::Concat(parts))
}

/// An integer is as wide as the field that it was declared with, or as what the other parts leave of the key.
fn widths(set: &Set, notes: &Notes, keys: &[Datatype]) -> Vec<usize> {
    let fixed: u32 = keys.iter().map(|datatype| datatype.bits.div_ceil(32) * 4).sum();
    let noted = match notes.key_typeof.as_ref().map(|key| &key.kind) {
        Some(Kind::Concat(parts)) => parts.as_slice(),
        _ => &[],
    };
    let width = |(position, datatype): (usize, &Datatype)| match (datatype.bits, noted.get(position), set.field_lens.get(position)) {
        (0, Some(part), _) => part.bits.div_ceil(8),
        (0, None, Some(bytes)) => *bytes,
        (0, None, None) => set.key_len.saturating_sub(fixed),
        (bits, ..) => bits.div_ceil(8),
    };
    keys.iter().enumerate().map(|part| width(part) as usize).collect()
}

/// The parts of a concatenation, each padded to whole registers. `ordered`: numbers are in network order, as in intervals.
fn parts<'r>(data: &[u8], datatypes: &[Datatype], widths: &[usize], ordered: bool) -> Vec<Operand<'r>> {
    let mut rest = data;
    let mut found = Vec::new();
    for (datatype, width) in datatypes.iter().copied().zip(widths) {
        let (part, after) = rest.split_at((*width).min(rest.len()));
        let order = if ordered && datatype.base != Base::Text { Order::Big } else { datatype.order };
        found.push(typed(part, datatype, order));
        rest = &after[(width.next_multiple_of(4) - width).min(after.len())..];
    }
    found
}
