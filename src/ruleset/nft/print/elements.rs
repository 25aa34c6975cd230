//! The elements of a set: put back into ranges and prefixes, sorted, and written.

use crate::ruleset::nft::{
    Element, Set,
    expr::Verdict,
    set::{ElementValue, Elements},
};

use super::constant;
use super::datatype::{self as types, Base, Datatype, Order};
use super::number::{Number, ones};
use super::operand::{Kind, Operand, SetReference, flags_or_number};
use super::set::Notes;
use super::stateful;
use super::write::Writer;

const ANONYMOUS: u32 = 1;
const INTERVAL: u32 = 4;
const END: u32 = 1;
const CATCH_ALL: u32 = 2;

pub fn is_interval(set: &Set) -> bool {
    set.flags & INTERVAL != 0
}

pub fn is_verdict_map(set: &Set) -> bool {
    set.data_type.and_then(types::by_id).is_some_and(|datatype| types::same(datatype, &types::VERDICT))
}

/// An element ready to be written; without a key it is the catch-all.
struct Entry<'r> {
    key: Option<Operand<'r>>,
    element: &'r Element,
}

/// Writes `{ a, b }`; the elements of a named set go over several lines.
pub fn write(writer: &mut Writer, reference: &SetReference) {
    let Elements::Whole(list) = &reference.set.elements else {
        return writer.text("{ … }");
    };
    let entries = entries(reference.set, list, reference.shift);
    let breaks = if reference.set.flags & ANONYMOUS == 0 { per_line(reference.set) } else { usize::MAX };
    writer.text("{ ");
    let mut on_line = 0;
    for (position, entry) in entries.iter().enumerate() {
        if position > 0 && on_line >= breaks {
            writer.text(",\n\t\t\t     ");
            on_line = 0;
        } else if position > 0 {
            writer.text(", ");
        }
        on_line += 1;
        write_entry(writer, reference.set, entry);
    }
    writer.text(" }");
}

/// How many elements of a named set nft writes on one line.
fn per_line(set: &Set) -> usize {
    match set.key_type {
        2 | 4 | 11 | 12 | 13 | 15 | 16 | 19 | 20 | 23 | 24 | 25 | 27 => 5,
        7 | 26 | 28 | 31 => 2,
        _ => 1,
    }
}

fn write_entry(writer: &mut Writer, set: &Set, entry: &Entry) {
    match &entry.key {
        Some(key) => writer.operand(key),
        None => writer.text("*"),
    }
    for expr in &entry.element.exprs {
        writer.text(" ");
        stateful::write(writer, expr);
    }
    if let Some(timeout) = entry.element.timeout.filter(|timeout| *timeout > 0) {
        writer.format(format_args!(" timeout {}", constant::duration(timeout)));
    }
    if let Some(expiration) = entry.element.expiration.filter(|left| *left > 0 && !writer.stateless) {
        writer.format(format_args!(" expires {}", constant::duration(expiration)));
    }
    if let Some(comment) = &entry.element.comment {
        writer.format(format_args!(" comment \"{comment}\""));
    }
    match &entry.element.value {
        Some(ElementValue::Verdict(verdict)) => write_verdict(writer, verdict),
        Some(ElementValue::Object(name)) => writer.format(format_args!(" : \"{name}\"")),
        Some(ElementValue::Data(data)) => {
            writer.text(" : ");
            let value = map_value(set, data);
            writer.operand(&value);
        }
        None => {}
    }
}

fn write_verdict(writer: &mut Writer, verdict: &Verdict) {
    writer.text(" : ");
    writer.verdict(verdict);
}

/// What a data map leads to.
fn map_value<'r>(set: &Set, data: &[u8]) -> Operand<'r> {
    let notes = Notes::of(set);
    let datatypes = types::parts_of(set.data_type.unwrap_or(0));
    if notes.data_interval {
        let (low, high) = data.split_at(data.len() / 2);
        let ends = parts(low, &datatypes, set, true).into_iter().zip(parts(high, &datatypes, set, true));
        let ranges: Vec<Operand> =
            ends.map(|(low, high)| if low.as_number() == high.as_number() { low } else { super::actions::as_prefix(low, high) }).collect();
        return joined(ranges);
    }
    if datatypes.len() > 1 {
        return joined(parts(data, &datatypes, set, false));
    }
    let mut value = Operand::bytes(data);
    let datatype = datatypes.first().copied().unwrap_or(&types::INVALID);
    value.set_type(datatype, if notes.data_order == Order::Unknown { datatype.order } else { notes.data_order });
    value.settled()
}

fn joined(mut parts: Vec<Operand>) -> Operand {
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    Operand::untyped(Kind::Concat(parts))
}

/// The fields of a concatenation, each padded to whole registers.
fn parts<'r>(data: &[u8], datatypes: &[Datatype], set: &Set, ordered: bool) -> Vec<Operand<'r>> {
    let mut rest = data;
    let mut found = Vec::new();
    let fixed: u32 = datatypes.iter().map(|datatype| datatype.bits.div_ceil(32) * 4).sum();
    let noted = Notes::of(set).key_typeof;
    for (position, datatype) in datatypes.iter().copied().enumerate() {
        // An integer is as wide as the field that it was declared with, or as what the other parts leave of the key.
        let noted = match noted.as_ref().map(|key| &key.kind) {
            Some(Kind::Concat(parts)) => parts.get(position).map(|part| part.bits.div_ceil(8) as usize),
            _ => None,
        };
        let known = match (datatype.bits, noted, set.field_lens.get(position)) {
            (0, Some(bytes), _) => bytes,
            (0, None, Some(bytes)) => *bytes as usize,
            (0, None, None) => data.len().saturating_sub(fixed as usize),
            (bits, ..) => bits.div_ceil(8) as usize,
        };
        let bytes = known.min(rest.len());
        let mut part = Operand::bytes(&rest[..bytes]);
        let order = if ordered && datatype.base != Base::Text { Order::Big } else { datatype.order };
        part.set_type(datatype, order);
        found.push(part.settled());
        rest = &rest[(bytes.div_ceil(4) * 4).min(rest.len())..];
    }
    found
}

fn entries<'r>(set: &Set, list: &'r [Element], shift: u32) -> Vec<Entry<'r>> {
    let datatypes = types::parts_of(set.key_type);
    let (catch_all, keyed): (Vec<&Element>, Vec<&Element>) =
        list.iter().partition(|element| element.flags & CATCH_ALL != 0 || element.key.is_empty());
    let mut entries: Vec<Entry> = if is_interval(set) && datatypes.len() > 1 {
        keyed.into_iter().map(|element| Entry { key: Some(ranges(set, element, &datatypes)), element }).collect()
    } else if is_interval(set) {
        intervals(set, keyed, datatypes.first().copied().unwrap_or(&types::INVALID), shift)
    } else {
        points(set, keyed, &datatypes, shift)
    };
    entries.extend(catch_all.into_iter().map(|element| Entry { key: None, element }));
    entries
}

/// Elements of a set without intervals, sorted.
fn points<'r>(set: &Set, list: Vec<&'r Element>, datatypes: &[Datatype], shift: u32) -> Vec<Entry<'r>> {
    let mut keyed: Vec<(Vec<u8>, Entry)> = list
        .into_iter()
        .map(|element| {
            if datatypes.len() > 1 {
                // nft sorts concatenations by their bytes from the last to the first.
                let parts = parts(&element.key, datatypes, set, false);
                let mut sort = element.key.to_vec();
                sort.reverse();
                return (sort, Entry { key: Some(joined(parts)), element });
            }
            let datatype = datatypes.first().copied().unwrap_or(&types::INVALID);
            let key = single(set, element, datatype, shift);
            let sort = match &key.kind {
                Kind::Number(number) => number.value.to_be_bytes().to_vec(),
                Kind::Flags(number) => (1u128 << number.value.trailing_zeros()).to_be_bytes().to_vec(),
                _ => {
                    let mut bytes = element.key.to_vec();
                    bytes.reverse();
                    bytes
                }
            };
            (sort, Entry { key: Some(key), element })
        })
        .collect();
    sort(&mut keyed);
    keyed.into_iter().map(|(_, entry)| entry).collect()
}

/// nft's merge sort, which puts equal elements of the first half behind those of the second.
fn sort(list: &mut Vec<(Vec<u8>, Entry)>) {
    if list.len() < 2 {
        return;
    }
    let mut second = list.split_off(list.len().div_ceil(2));
    sort(list);
    sort(&mut second);
    let mut first = std::mem::take(list).into_iter().peekable();
    for later in second {
        while let Some(earlier) = first.next_if(|earlier| earlier.0 < later.0) {
            list.push(earlier);
        }
        list.push(later);
    }
    list.extend(first);
}

fn single<'r>(set: &Set, element: &Element, datatype: Datatype, shift: u32) -> Operand<'r> {
    let notes = Notes::of(set);
    let mut key = Operand::bytes(&element.key);
    key.set_type(datatype, if notes.key_order == Order::Unknown { datatype.order } else { notes.key_order });
    let mut key = key.settled();
    if let (Kind::Number(number) | Kind::Flags(number), true) = (&key.kind, shift > 0) {
        key.kind = flags_or_number(Number { value: number.value >> shift, ..*number }, datatype);
    }
    key
}

/// The ranges of a concatenation: from the key's fields to those of its end.
fn ranges<'r>(set: &Set, element: &Element, datatypes: &[Datatype]) -> Operand<'r> {
    let low = parts(&element.key, datatypes, set, true);
    let Some(end) = &element.key_end else { return joined(low) };
    let high = parts(end, datatypes, set, true);
    let spans = low.into_iter().zip(high).map(|(low, high)| match (&low.kind, &high.kind) {
        (Kind::Text(from), Kind::Text(to)) if from == to => low,
        (Kind::Text(from), Kind::Text(_)) => {
            let kind = Kind::Text(format!("{from}*"));
            Operand { kind, ..low }
        }
        _ if low.as_number() == high.as_number() => low,
        _ if low.datatype.prefixes => super::actions::as_prefix(low, high),
        _ => Operand::untyped(Kind::Range(Box::new(low), Box::new(high))),
    });
    joined(spans.collect())
}

/// Elements of an interval set: each starts an interval that reaches to the next one.
fn intervals<'r>(set: &Set, list: Vec<&'r Element>, datatype: Datatype, shift: u32) -> Vec<Entry<'r>> {
    let mut bounds: Vec<(u128, bool, &Element)> =
        list.into_iter().map(|element| (Number::from_bytes(&element.key).value, element.flags & END == 0, element)).collect();
    // Where one interval ends another may start: the end comes first.
    bounds.sort_by_key(|(value, starts, _)| (*value, *starts));
    let bits = set.key_len * 8;
    let mut entries = Vec::new();
    for (position, (low, starts, element)) in bounds.iter().enumerate() {
        if !starts {
            continue;
        }
        let high = match bounds.get(position + 1) {
            Some((next, ..)) => next.wrapping_sub(1),
            None => ones(bits),
        };
        entries.push(Entry { key: Some(interval(*low, high, bits, datatype, shift)), element });
    }
    entries
}

fn interval<'r>(low: u128, high: u128, bits: u32, datatype: Datatype, shift: u32) -> Operand<'r> {
    if datatype.base == Base::Text {
        let bytes = Number { value: low, bits }.to_bytes();
        let name: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).collect();
        let name = String::from_utf8_lossy(&name).into_owned();
        let kind = Kind::Text(if low == high { name } else { format!("{name}*") });
        return Operand::new(kind, datatype, Order::Host, bits);
    }
    let end = |value: u128| {
        let number = Number { value: value >> shift, bits };
        Operand::new(flags_or_number(number, datatype), datatype, Order::Big, bits)
    };
    if low == high {
        return end(low);
    }
    let span = high.wrapping_sub(low);
    if datatype.prefixes && span & span.wrapping_add(1) == 0 && low & span == 0 {
        return Operand::untyped(Kind::Prefix(Box::new(end(low)), bits - span.count_ones()));
    }
    Operand::untyped(Kind::Range(Box::new(end(low)), Box::new(end(high))))
}
