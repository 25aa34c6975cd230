//! The listing of `nft -j list ruleset`, compiled into the kernel's expressions as nft itself compiles its rules.
//!
//! A listing leaves out what nft puts in again when it reads it: matches on the protocol that a field needs, masks and shifts of fields that are
//! no whole bytes, conversions of byte order, registers. [`Reader`](reader::Reader) does what `evaluate.c` and `netlink_linearize.c` do with one
//! rule: a statement becomes [`Term`](term::Term)s of known type ([`field`], [`value`]), and those become expressions ([`emit`]). What can't be
//! read stays in its place as [`Expr::Unknown`] with its JSON as its name, and a [`Fault`] tells why.

mod action;
mod anonymous;
mod context;
mod dependency;
mod document;
mod element;
mod emit;
mod encode;
mod field;
mod header;
mod mangle;
mod matches;
mod nat;
mod object;
mod operator;
mod reader;
mod set;
mod shape;
mod stateful;
mod term;
mod typeless;
mod update;
mod value;

use super::{Expr, Ruleset};

/// The index of an interface by its name, if there is such an interface.
pub type Indexes<'a> = dyn Fn(&str) -> Option<u32> + 'a;

/// What a listing says.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Its tables.
    pub ruleset: Ruleset,
    /// What could not be read.
    pub faults: Vec<Fault>,
}

/// A place that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its path, such as `nftables[12].rule.expr[3]`.
    pub place: String,
    /// Its JSON.
    pub text: String,
    /// What is wrong, for the operator.
    pub why: String,
    /// A part of a rule that is not known stands for it in its place; else something may be missing.
    pub placed: bool,
}

/// A text that is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: this is no listing of nft -j: {why}")]
pub struct Malformed {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Reads the output of `nft -j list ruleset`.
///
/// # Errors
/// If the text is no JSON, or has no list of objects.
pub fn read(text: &str, interfaces: &Indexes) -> Result<Listed, Malformed> {
    document::read(text, interfaces)
}

/// The names of the interfaces that a listing compares by their index, or hooks its chains on: the host must have had them.
#[must_use]
pub fn interfaces(text: &str) -> Vec<String> {
    document::interfaces(text)
}

/// The families of a listing's tables.
#[must_use]
pub fn families(text: &str) -> Vec<super::Family> {
    document::families(text)
}

impl Ruleset {
    /// Adds what a listing says; a table takes the place of one that is there. Gives, as sentences, what an unknown part of a rule stands for.
    pub fn add_listing(&mut self, file: &str, text: &str, interfaces: &Indexes) -> Vec<String> {
        let Listed { ruleset, faults } = match read(text, interfaces) {
            Ok(listed) => listed,
            Err(malformed) => {
                self.incomplete.push(format!("{file}:{malformed}"));
                return Vec::new();
            }
        };
        for table in ruleset.tables {
            self.tables.retain(|other| (other.family, &other.name) != (table.family, &table.name));
            self.tables.push(table);
        }
        let mut unread = Vec::new();
        for Fault { place, text, why, placed } in faults {
            let sentence = format!("{file}: {place}: {why}: {text}");
            if placed { unread.push(sentence) } else { self.incomplete.push(sentence) }
        }
        unread
    }
}

/// What is wrong with a part of the listing, for the operator.
#[derive(Debug)]
struct Wrong(String);

impl From<&str> for Wrong {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// The member of an object that has but one, as nft writes statements and expressions.
fn only(json: &serde_json::Value) -> Option<(&str, &serde_json::Value)> {
    let object = json.as_object()?;
    object.iter().next().filter(|_| object.len() == 1).map(|(name, value)| (name.as_str(), value))
}

/// A string, or each of a list of strings.
fn words(json: Option<&serde_json::Value>) -> Vec<&str> {
    match json {
        Some(serde_json::Value::Array(list)) => list.iter().filter_map(serde_json::Value::as_str).collect(),
        Some(serde_json::Value::String(word)) => vec![word],
        _ => Vec::new(),
    }
}

/// The sum of flags by their words.
fn flags(json: Option<&serde_json::Value>, known: &[(&str, u32)]) -> Result<u32, Wrong> {
    words(json).into_iter().try_fold(0, |sum, word| {
        let flag = known.iter().find(|(name, _)| *name == word);
        flag.map(|(_, bit)| sum | bit).ok_or_else(|| Wrong(format!("'{word}' is no flag that is known here")))
    })
}

/// What stands for JSON that was not understood.
fn unknown(json: &serde_json::Value) -> Expr {
    Expr::Unknown { name: json.to_string(), attributes: Vec::new() }
}

#[cfg(test)]
mod tests;
