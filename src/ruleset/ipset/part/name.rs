//! Names of sets, the members of a list.

use super::{super::decode::Table, Part};

/// `IPSET_ATTR_NAME`.
const NAME: u16 = 18;

/// `IPSET_MAXNAMELEN`, with the closing NUL.
pub(in super::super) const LONGEST: usize = 31;

pub(super) fn decode(table: &Table<'_>) -> Option<Part> {
    table.text(NAME).map(|name| Part::Set(name.into()))
}

pub(super) fn parse(text: &str) -> Result<Part, String> {
    check(text).map(|()| Part::Set(text.into()))
}

/// Whether it can be the name of a set.
pub(in super::super) fn check(name: &str) -> Result<(), String> {
    match name.len() {
        0 => Err("a set lacks its name".into()),
        1..=LONGEST => Ok(()),
        _ => Err(format!("the set name {name} is longer than {LONGEST} bytes")),
    }
}
