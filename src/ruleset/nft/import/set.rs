//! Named sets and maps.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Wrong, field::number, only, shape::Shape, typeless::Uses, words};
use crate::ruleset::nft::{
    Set,
    language::datatype::{self as types, Datatype, Order},
};

/// `NFT_SET_*`.
pub mod flag {
    pub const ANONYMOUS: u32 = 1;
    pub const CONSTANT: u32 = 2;
    pub const INTERVAL: u32 = 4;
    pub const MAP: u32 = 8;
    pub const TIMEOUT: u32 = 16;
    pub const EVAL: u32 = 32;
    pub const OBJECT: u32 = 64;
    pub const CONCAT: u32 = 128;
}

/// What a set is, as far as its elements and the rules that read it need to know.
#[derive(Debug, Clone)]
pub struct Declared {
    pub key: Shape,
    pub interval: bool,
    pub leads: Option<Leads>,
}

/// What a map leads to.
#[derive(Debug, Clone)]
pub enum Leads {
    Verdict,
    Data(Shape),
    /// From one value to another.
    Ranges(Shape),
    /// `NFT_OBJECT_*`.
    Object(u32),
}

/// The named sets of a table.
pub type Known = FxHashMap<String, Declared>;

/// `NFT_DATA_VERDICT`, and the bytes of one.
const VERDICT: (u32, u32) = (0xffff_ff00, 16);

impl Declared {
    /// Describes the set so to the kernel.
    pub fn describe(&self, set: &mut Set) {
        set.key_type = self.key.id();
        set.key_len = self.key.len();
        set.field_lens = self.key.field_lens();
        set.flags |= if self.interval { flag::INTERVAL } else { 0 };
        set.flags |= if self.interval && self.key.is_concatenation() { flag::CONCAT } else { 0 };
        note(set, 0, order(self.key.order()));
        match &self.leads {
            None => {}
            Some(Leads::Verdict) => {
                set.flags |= flag::MAP;
                (set.data_type, set.data_len) = (Some(VERDICT.0), VERDICT.1);
            }
            Some(Leads::Data(shape)) => {
                set.flags |= flag::MAP;
                (set.data_type, set.data_len) = (Some(shape.id()), shape.len());
                note(set, 1, order(shape.order()));
            }
            Some(Leads::Ranges(shape)) => {
                set.flags |= flag::MAP;
                (set.data_type, set.data_len) = (Some(shape.id()), 2 * shape.len());
                note(set, 1, order(shape.order()));
                note(set, 6, 1);
            }
            Some(Leads::Object(kind)) => {
                set.flags |= flag::OBJECT;
                set.object_type = Some(*kind);
            }
        }
    }
}

/// As nft notes it (`enum byteorder`).
fn order(order: Order) -> u32 {
    match order {
        Order::Unknown => 0,
        Order::Host => 1,
        Order::Big => 2,
    }
}

/// A number among nft's own notes of a set (`NFTNL_UDATA_SET_*`).
fn note(set: &mut Set, kind: u8, value: u32) {
    set.userdata.extend_from_slice(&[kind, 4]);
    set.userdata.extend_from_slice(&value.to_ne_bytes());
}

/// A set or map as it is declared, without its elements.
pub fn declare(body: &Value, name: &str, uses: &Uses) -> Result<(Set, Declared), Wrong> {
    let mut set = Set { name: name.to_owned(), handle: body.get("handle").and_then(Value::as_u64).unwrap_or(0), ..Set::default() };
    let elements = body.get("elem").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let flags = words(body.get("flags"));
    let given = [("constant", flag::CONSTANT), ("timeout", flag::TIMEOUT), ("dynamic", flag::EVAL)];
    set.flags = given.iter().filter(|(word, _)| flags.contains(word)).map(|(_, flag)| flag).sum();
    // Listings up to 1.0.6 don't show this flag, which nft itself sets where a rule fills the set.
    set.flags |= if uses.is_filled(name) { flag::EVAL } else { 0 };
    let key = uses.completed(name, body.get("type").unwrap_or(&Value::Null))?;
    let declared = Declared { key, interval: flags.contains(&"interval"), leads: leads(body.get("map"), elements)? };
    declared.describe(&mut set);
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64).map(|seconds| seconds.saturating_mul(1000));
    set.timeout = seconds("timeout");
    set.gc_interval = seconds("gc-interval").and_then(|interval| u32::try_from(interval).ok());
    set.size = body.get("size").map(|_| number(body, "size")).transpose()?;
    set.policy = u32::from(body.get("policy").and_then(Value::as_str) == Some("memory"));
    set.flags |= if set.timeout.is_some() { flag::TIMEOUT } else { 0 };
    for statement in body.get("stmt").and_then(Value::as_array).into_iter().flatten() {
        let (name, body) = only(statement).ok_or_else(|| Wrong::from("this is no statement that nft -j writes"))?;
        let expr = super::stateful::read(name, body)?;
        set.exprs.push(expr.ok_or_else(|| Wrong(format!("a set keeps no {name}")))?);
    }
    if body.get("auto-merge").and_then(Value::as_bool) == Some(true) {
        note(&mut set, 2, 1);
    }
    if let Some(comment) = body.get("comment").and_then(Value::as_str) {
        text_note(&mut set, 7, comment);
    }
    Ok((set, declared))
}

fn text_note(set: &mut Set, kind: u8, text: &str) {
    if let Ok(len) = u8::try_from(text.len() + 1) {
        set.userdata.extend_from_slice(&[kind, len]);
        set.userdata.extend_from_slice(text.as_bytes());
        set.userdata.push(0);
    }
}

/// The types of a key or value: a word, words joined by dots, a list of words.
pub fn types_of(json: &Value) -> Result<Vec<Datatype>, Wrong> {
    const MOST: usize = 16;
    let words: Vec<&str> = match json {
        Value::String(words) => words.split('.').map(str::trim).collect(),
        Value::Array(list) => list.iter().map(|word| word.as_str().unwrap_or_default()).collect(),
        _ => Vec::new(),
    };
    if !(1..=MOST).contains(&words.len()) {
        return Err("the type of a set is one word, or up to 16".into());
    }
    words.into_iter().map(|word| types::by_name(word).ok_or_else(|| Wrong(format!("the type {word} is not known here")))).collect()
}

fn leads(map: Option<&Value>, elements: &[Value]) -> Result<Option<Leads>, Wrong> {
    let Some(map) = map else { return Ok(None) };
    let word = map.as_str().unwrap_or_default();
    if let Some(kind) = super::object::kind(word) {
        return Ok(Some(Leads::Object(kind)));
    }
    if word == "verdict" {
        return Ok(Some(Leads::Verdict));
    }
    let shape = match map {
        // A declaration by an expression, as of nft 1.1: its values tell no type here.
        Value::Object(_) => return Err("the type of what this map leads to is not known here".into()),
        types => Shape::of_types(&types_of(types)?),
    };
    if !shape.is_whole() {
        return Err("how wide the values of this map are is not told".into());
    }
    // Listings don't say that a map leads to ranges: its values do.
    let ranged = elements.iter().any(|element| element.get(1).is_some_and(is_ranged));
    Ok(Some(if ranged { Leads::Ranges(shape.ordered()) } else { Leads::Data(shape) }))
}

/// Whether a key or value is a range or prefix, or a concatenation with one.
pub fn is_ranged(json: &Value) -> bool {
    match only(json) {
        Some(("range" | "prefix", _)) => true,
        Some(("concat", Value::Array(parts))) => {
            parts.iter().any(|part| matches!(only(part), Some(("range" | "prefix", _))) || is_beginning(part))
        }
        Some(("elem", element)) => element.get("val").is_some_and(|key| only(key).is_none_or(|(name, _)| name != "elem") && is_ranged(key)),
        _ => is_beginning(json),
    }
}

/// `eth*`, not `*`.
fn is_beginning(json: &Value) -> bool {
    json.as_str().is_some_and(|name| name.len() > 1 && name.ends_with('*') && !name.ends_with("\\*"))
}
