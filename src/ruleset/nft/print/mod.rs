//! Rules in nft's own syntax, exactly as `nft -a list ruleset` (1.0.6) prints them.
//!
//! The kernel keeps a rule as expressions that work on registers. To print it, `registers` (with `loads`, `sources` and `actions`) reads them
//! back into statements over operands; `complete` and `matches` find out which header fields the loaded bytes are (`fields`) and leave out
//! the matches that others imply (`context`); `write`, `statement` and `stateful` write the result, `layout` the tables around it. What is
//! not understood is printed with its expression's name and values, never dropped.

mod actions;
mod complete;
mod constant;
mod context;
mod elements;
mod fields;
mod layout;
mod loads;
mod matches;
mod object;
mod operand;
mod registers;
mod set;
mod sources;
mod stateful;
mod statement;
mod typeof_key;
mod values;
mod write;

use std::fmt;

use super::language::{datatype, keys, number, option, protocol, symbols, timeouts};
use super::{Chain, Rule, Ruleset, Set, Table};

use write::Writer;

/// The name of an interface by its index, if there is such an interface.
pub type Interfaces<'a> = dyn Fn(u32) -> Option<String> + 'a;

/// The width in bits of each field of a set's key, as nft's number of its type tells; 0 where the type has no width of its own.
pub fn key_widths(key_type: u32) -> Vec<u32> {
    datatype::parts_of(key_type).iter().map(|part| part.bits).collect()
}

/// One rule, without its handle.
pub fn rule(table: &Table, rule: &Rule, interfaces: &Interfaces) -> String {
    let mut writer = Writer::new(interfaces);
    layout::rule(&mut writer, table, rule, 0);
    writer.out
}

/// A chain's name, hook, priority and policy: what stands before its rules.
pub fn chain_header(table: &Table, chain: &Chain, with_handle: bool) -> String {
    let mut writer = Writer::new(&|_| None);
    layout::chain_header(&mut writer, table.family, chain, with_handle);
    writer.out
}

/// A named set or map with its elements.
pub fn set(set: &Set, interfaces: &Interfaces, with_handle: bool) -> String {
    let mut writer = Writer::new(interfaces);
    set::write(&mut writer, set, with_handle);
    writer.out
}

/// All tables.
///
/// # Errors
/// Whatever `out` returns.
pub fn ruleset(ruleset: &Ruleset, interfaces: &Interfaces, out: &mut dyn fmt::Write, with_handles: bool) -> fmt::Result {
    for each in &ruleset.tables {
        let mut text = String::new();
        table(each, interfaces, &mut text, with_handles);
        out.write_str(&text)?;
    }
    Ok(())
}

/// One table.
pub fn table(table: &Table, interfaces: &Interfaces, text: &mut String, with_handles: bool) {
    let mut writer = Writer::new(interfaces);
    layout::table(&mut writer, table, with_handles);
    text.push_str(&writer.out);
}
