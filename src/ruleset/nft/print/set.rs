//! Sets and maps as a table lists them, and the notes that nft leaves for itself in a set's user data.

use crate::ruleset::nft::{Set, set::Elements};

use super::constant;
use super::datatype::{self as types, Order};
use super::elements;
use super::object;
use super::operand::{Operand, SetReference};
use super::stateful;
use super::typeof_key;
use super::write::Writer;

const CONSTANT: u32 = 2;
const INTERVAL: u32 = 4;
const MAP: u32 = 8;
const TIMEOUT: u32 = 16;
const DYNAMIC: u32 = 32;
const OBJECT_MAP: u32 = 64;

/// What nft noted about a set: the kernel keeps it without looking at it.
pub struct Notes<'r> {
    pub key_order: Order,
    pub data_order: Order,
    pub auto_merge: bool,
    /// The map leads to ranges.
    pub data_interval: bool,
    pub comment: Option<String>,
    /// The expression that a key is (`typeof ip saddr`).
    pub key_typeof: Option<Operand<'r>>,
    pub data_typeof: Option<Operand<'r>>,
}

/// The entries of user data: type, length, value.
pub fn entries(mut data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [kind, length, rest @ ..] = data else { return None };
        let value = rest.get(..usize::from(*length))?;
        data = &rest[usize::from(*length)..];
        Some((*kind, value))
    })
}

/// A number of user data, which is in the host's byte order.
pub fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_ne_bytes)
}

fn order(value: &[u8]) -> Order {
    match number(value) {
        Some(1) => Order::Host,
        Some(2) => Order::Big,
        _ => Order::Unknown,
    }
}

impl<'r> Notes<'r> {
    pub fn of(set: &Set) -> Self {
        let mut notes = Self {
            key_order: Order::Unknown,
            data_order: Order::Unknown,
            auto_merge: false,
            data_interval: false,
            comment: None,
            key_typeof: None,
            data_typeof: None,
        };
        for (kind, value) in entries(&set.userdata) {
            match kind {
                0 => notes.key_order = order(value),
                1 => notes.data_order = order(value),
                2 => notes.auto_merge = number(value).is_some_and(|merge| merge != 0),
                3 => notes.key_typeof = typeof_key::read(value),
                4 => notes.data_typeof = typeof_key::read(value),
                6 => notes.data_interval = number(value).is_some_and(|interval| interval != 0),
                7 => notes.comment = std::ffi::CStr::from_bytes_until_nul(value).ok().map(|text| text.to_string_lossy().into_owned()),
                _ => {}
            }
        }
        // nft uses a note only if it is as wide as the key, and that of the key only together with that of the data.
        notes.key_typeof = notes.key_typeof.filter(|key| key.bits.div_ceil(8) == set.key_len);
        notes.data_typeof = notes.data_typeof.filter(|data| data.bits.div_ceil(8) == set.data_len);
        if set.flags & MAP != 0 && notes.data_typeof.is_none() {
            notes.key_typeof = None;
        }
        notes
    }
}

/// Writes a named set or map with its elements.
pub fn write(writer: &mut Writer, set: &Set, with_handles: bool) {
    let notes = Notes::of(set);
    let is_map = set.flags & (MAP | OBJECT_MAP) != 0;
    writer.format(format_args!("\t{} {} {{", if is_map { "map" } else { "set" }, set.name));
    if with_handles {
        writer.format(format_args!(" # handle {}", set.handle));
    }
    writer.text("\n\t\t");
    write_types(writer, set, &notes);
    writer.text("\n");
    if set.flags & CONSTANT == 0 {
        if set.policy == 1 {
            writer.text("\t\tpolicy memory\n");
        }
        if let Some(size) = set.size.filter(|size| *size > 0) {
            writer.format(format_args!("\t\tsize {size}\n"));
        }
    }
    let shown = [(CONSTANT, "constant"), (DYNAMIC, "dynamic"), (INTERVAL, "interval"), (TIMEOUT, "timeout")];
    // A default timeout makes the flag superfluous, but only if it is the only one.
    let default_timeout = set.timeout.is_some_and(|timeout| timeout > 0);
    let decisive = set.flags & if default_timeout { CONSTANT | DYNAMIC | INTERVAL } else { CONSTANT | DYNAMIC | INTERVAL | TIMEOUT };
    if decisive != 0 {
        let flags: Vec<&str> = shown.iter().filter(|(flag, _)| set.flags & flag != 0).map(|(_, name)| *name).collect();
        writer.format(format_args!("\t\tflags {}\n", flags.join(",")));
    }
    if !set.exprs.is_empty() {
        writer.text("\t\t");
        let outside = std::mem::replace(&mut writer.stateless, true);
        for (position, expr) in set.exprs.iter().enumerate() {
            writer.text(if position > 0 { " " } else { "" });
            stateful::write(writer, expr);
        }
        writer.stateless = outside;
        writer.text("\n");
    }
    if notes.auto_merge {
        writer.text("\t\tauto-merge\n");
    }
    if let Some(timeout) = set.timeout.filter(|timeout| *timeout > 0) {
        writer.format(format_args!("\t\ttimeout {}\n", constant::duration(timeout)));
    }
    if let Some(interval) = set.gc_interval.filter(|interval| *interval > 0) {
        writer.format(format_args!("\t\tgc-interval {}\n", constant::duration(interval.into())));
    }
    if let Some(comment) = &notes.comment {
        writer.format(format_args!("\t\tcomment \"{comment}\"\n"));
    }
    match &set.elements {
        Elements::Whole(list) if list.is_empty() => {}
        Elements::Whole(_) => {
            writer.text("\t\telements = ");
            elements::write(writer, &SetReference { set, shift: 0 });
            writer.text("\n");
        }
        Elements::AskedByKey { count: Some(count) } => writer.format(format_args!("\t\t# {count} elements, not listed\n")),
        Elements::AskedByKey { count: None } => writer.text("\t\t# elements not listed\n"),
    }
    writer.text("\t}\n");
}

fn type_names(id: u32) -> String {
    types::parts_of(id).iter().map(|datatype| datatype.name).collect::<Vec<_>>().join(" . ")
}

fn write_types(writer: &mut Writer, set: &Set, notes: &Notes) {
    match &notes.key_typeof {
        Some(key) => {
            writer.text("typeof ");
            writer.operand(key);
        }
        None => writer.format(format_args!("type {}", type_names(set.key_type))),
    }
    if set.flags & MAP != 0 {
        writer.text(" : ");
        if notes.data_interval {
            writer.text("interval ");
        }
        match notes.data_typeof.as_ref().filter(|_| notes.key_typeof.is_some()) {
            Some(data) => writer.operand(data),
            None => writer.text(&type_names(set.data_type.unwrap_or(0))),
        }
    } else if set.flags & OBJECT_MAP != 0 {
        writer.format(format_args!(" : {}", object::kind_name(set.object_type.unwrap_or(0))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_that_is_cut_off_ends_where_it_is_cut() {
        assert_eq!(entries(&[0, 4, 1, 0, 0, 0, 7, 9, 1]).count(), 1);
        assert_eq!(entries(&[]).count(), 0);
    }
}
