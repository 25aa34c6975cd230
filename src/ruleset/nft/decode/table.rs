//! Tables (`nf_tables_fill_table_info`) and the names of their flowtables.

use super::attributes::{be32, be64, parse_known, string, text};
use super::userdata;
use crate::ruleset::nft::{Family, Table};

/// A table and its name as the kernel's bytes.
pub fn table(family: Family, attributes: &[u8]) -> Option<(&[u8], Table)> {
    let [_, name, flags, _use, handle, _pad, notes] = parse_known(attributes)?;
    let table = Table {
        family,
        name: text(name?),
        handle: be64(handle?)?,
        flags: be32(flags?)?,
        comment: userdata::comment(notes),
        chains: Vec::new(),
        sets: Vec::new(),
        objects: Vec::new(),
        flowtables: Vec::new(),
    };
    Some((string(name?), table))
}

/// The table and name of a flowtable (`nf_tables_fill_flowtable_info`).
pub fn flowtable(attributes: &[u8]) -> Option<(&[u8], String)> {
    let [_, table, name] = parse_known(attributes)?;
    Some((string(table?), text(name?)))
}
