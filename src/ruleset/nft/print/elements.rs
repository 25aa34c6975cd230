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
use super::stateful;
use super::values::Values;
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
    let values = Values::new(reference.set, reference.shift);
    let entries = entries(&values, list);
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
        write_entry(writer, &values, entry);
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

fn write_entry(writer: &mut Writer, values: &Values, entry: &Entry) {
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
            let value = values.value(data);
            writer.operand(&value);
        }
        None => {}
    }
}

fn write_verdict(writer: &mut Writer, verdict: &Verdict) {
    writer.text(" : ");
    writer.verdict(verdict);
}

fn entries<'r>(values: &Values, list: &'r [Element]) -> Vec<Entry<'r>> {
    let (catch_all, keyed): (Vec<&Element>, Vec<&Element>) =
        list.iter().partition(|element| element.flags & CATCH_ALL != 0 || element.key.is_empty());
    let mut entries: Vec<Entry> = if is_interval(values.set) && values.keys.len() > 1 {
        keyed.into_iter().map(|element| Entry { key: Some(values.ranges(element)), element }).collect()
    } else if is_interval(values.set) {
        intervals(values, keyed)
    } else {
        points(values, keyed)
    };
    entries.extend(catch_all.into_iter().map(|element| Entry { key: None, element }));
    entries
}

/// Elements of a set without intervals, sorted.
fn points<'r>(values: &Values, list: Vec<&'r Element>) -> Vec<Entry<'r>> {
    let mut keyed: Vec<(Vec<u8>, Entry)> = list
        .into_iter()
        .map(|element| {
            if values.keys.len() > 1 {
                // nft sorts concatenations by their bytes from the last to the first.
                let mut sort = element.key.to_vec();
                sort.reverse();
                return (sort, Entry { key: Some(values.concatenation(&element.key)), element });
            }
            let key = values.single(element);
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

/// Elements of an interval set: each starts an interval that reaches to the next one.
fn intervals<'r>(values: &Values, list: Vec<&'r Element>) -> Vec<Entry<'r>> {
    let mut bounds: Vec<(u128, bool, &Element)> =
        list.into_iter().map(|element| (Number::from_bytes(&element.key).value, element.flags & END == 0, element)).collect();
    // Where one interval ends another may start: the end comes first.
    bounds.sort_by_key(|(value, starts, _)| (*value, *starts));
    let bits = values.set.key_len.min(16) * 8;
    let mut entries = Vec::new();
    for (position, (low, starts, element)) in bounds.iter().enumerate() {
        if !starts {
            continue;
        }
        let high = match bounds.get(position + 1) {
            Some((next, ..)) => next.wrapping_sub(1),
            None => ones(bits),
        };
        entries.push(Entry { key: Some(interval(*low, high, bits, values.key_type(), values.shift)), element });
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
        return Operand::untyped(Kind::Prefix(Box::new(end(low)), bits.saturating_sub(span.count_ones())));
    }
    Operand::untyped(Kind::Range(Box::new(end(low)), Box::new(end(high))))
}
