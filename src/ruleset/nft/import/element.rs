//! The elements of a set, laid out as the kernel keeps them.

use serde_json::Value;

use super::{
    Wrong, only,
    reader::Reader,
    set::{Declared, Leads},
    shape::Shape,
    term::{self, Kind, Term},
    value::Span,
};
use crate::ruleset::nft::{
    Data, Element,
    language::{
        datatype::{Base, Order},
        number::{Number, ones},
    },
    set::ElementValue,
};

/// `NFT_SET_ELEM_*`.
const END: u32 = 1;
const CATCH_ALL: u32 = 2;

impl Reader<'_, '_> {
    /// The elements of a set; `shift`: its keys are fields that lie so many bits above the end of their bytes.
    pub fn elements(&self, set: &Declared, list: &[Value], shift: u32) -> Result<Vec<Element>, Wrong> {
        let key = if set.interval { set.key.clone().ordered() } else { set.key.clone() };
        let mut elements = Vec::with_capacity(list.len());
        let mut intervals = Vec::new();
        for json in list {
            let (json, value) = match (&set.leads, json) {
                (None, json) => (json, None),
                (Some(leads), Value::Array(pair)) if pair.len() == 2 => (&pair[0], Some(self.value(leads, &pair[1])?)),
                _ => return Err("an element of a map has a key and a value".into()),
            };
            let (json, mut element) = described(json)?;
            element.value = value;
            if json.as_str() == Some("*") {
                elements.push(Element { flags: CATCH_ALL, ..element });
            } else if set.interval && !key.is_concatenation() {
                let (low, high) = self.interval(json, &key, shift)?;
                intervals.push((low, high, element));
            } else {
                let (low, high) = self.key(json, &key, shift)?;
                elements.push(Element { key: low, key_end: set.interval.then_some(high), ..element });
            }
        }
        // Elements that it sorts as equal nft lists from the last to the first.
        if !set.interval {
            elements.reverse();
        }
        elements.extend(laid_out(intervals, key.len() * 8));
        Ok(elements)
    }

    /// The first and last key of an element that is no interval, or of a concatenation of ranges.
    fn key(&self, json: &Value, shape: &Shape, shift: u32) -> Result<(Data, Data), Wrong> {
        let parts = parts(json, shape)?;
        let (mut low, mut high) = (Data::new(), Data::new());
        for (json, part) in parts.iter().zip(&shape.parts) {
            let (from, to) = ends(self.span(json, part)?, part, shift)?;
            low.extend_from_slice(&from);
            high.extend_from_slice(&to);
            if shape.is_concatenation() {
                low.resize(low.len().next_multiple_of(4), 0);
                high.resize(high.len().next_multiple_of(4), 0);
            }
        }
        Ok((low, high))
    }

    /// An interval as numbers, both ends included.
    fn interval(&self, json: &Value, shape: &Shape, shift: u32) -> Result<(u128, u128), Wrong> {
        let (low, high) = self.key(json, shape, shift)?;
        Ok((Number::from_bytes(&low).value, Number::from_bytes(&high).value))
    }

    /// What an element of a map leads to.
    fn value(&self, leads: &Leads, json: &Value) -> Result<ElementValue, Wrong> {
        match leads {
            Leads::Verdict => {
                let (name, body) = only(json).ok_or_else(|| Wrong::from("this is no verdict"))?;
                let verdict = super::action::verdict(name, body).ok_or_else(|| Wrong(format!("'{name}' is no verdict")))?;
                Ok(ElementValue::Verdict(verdict))
            }
            Leads::Data(shape) => {
                let (low, high) = self.key(json, shape, 0)?;
                if low == high { Ok(ElementValue::Data(low)) } else { Err("this map leads to single values".into()) }
            }
            Leads::Ranges(shape) => {
                let (mut low, high) = self.key(json, shape, 0)?;
                low.extend_from_slice(&high);
                Ok(ElementValue::Data(low))
            }
            Leads::Object(_) => {
                let name = json.as_str().ok_or_else(|| Wrong::from("this map leads to names of objects"))?;
                Ok(ElementValue::Object(name.to_owned()))
            }
        }
    }
}

/// The parts of a concatenation, or the key itself.
fn parts<'j>(json: &'j Value, shape: &Shape) -> Result<&'j [Value], Wrong> {
    if !shape.is_concatenation() {
        return Ok(std::slice::from_ref(json));
    }
    let parts = only(json).filter(|(name, _)| *name == "concat").and_then(|(_, parts)| parts.as_array());
    let parts = parts.filter(|parts| parts.len() == shape.parts.len());
    parts.map(Vec::as_slice).ok_or_else(|| Wrong(format!("a key of this set has {} parts", shape.parts.len())))
}

/// What a key is, without what is said of its element.
fn described(json: &Value) -> Result<(&Value, Element), Wrong> {
    let mut element = Element::default();
    let Some(("elem", body)) = only(json) else { return Ok((json, element)) };
    let key = body.get("val").ok_or_else(|| Wrong::from("an element has a val"))?;
    let milliseconds = |name: &str| body.get(name).and_then(Value::as_u64).map(|seconds| seconds.saturating_mul(1000));
    element.timeout = milliseconds("timeout");
    element.expiration = milliseconds("expires");
    element.comment = body.get("comment").and_then(Value::as_str).map(str::to_owned);
    for (name, body) in body.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "val" | "timeout" | "expires" | "comment") {
            let expr = super::stateful::read(name, body)?;
            element.exprs.push(expr.ok_or_else(|| Wrong(format!("an element keeps no {name}")))?);
        }
    }
    Ok((key, element))
}

/// The first and last value, as bytes.
fn ends(span: Span, part: &Term, shift: u32) -> Result<(Data, Data), Wrong> {
    let number = |term: Term| match term.kind {
        Kind::Number(value) => Ok(value),
        _ => Err(Wrong::from("here stands a number")),
    };
    let data = |value: u128| term::bytes(value << shift, part.bits, part.order);
    Ok(match span {
        Span::One(Term { kind: Kind::Text(text), .. }) => (text.clone(), text),
        Span::One(term) => {
            let value = number(term)?;
            (data(value), data(value))
        }
        Span::Prefix(term, length) => {
            let host = ones(part.bits - length.min(part.bits));
            let low = number(term)? & !host;
            (data(low), data(low | host))
        }
        Span::Range(low, high) => (data(number(low)?), data(number(high)?)),
        Span::Beginning(text) => {
            let padded = |byte| {
                let mut data = text.clone();
                data.resize(part.bytes() as usize, byte);
                data
            };
            (padded(0), padded(0xff))
        }
    })
}

/// Intervals as elements: each starts one, and one that is none's ends it, unless the next starts there (`set_to_intervals`).
fn laid_out(mut intervals: Vec<(u128, u128, Element)>, bits: u32) -> Vec<Element> {
    intervals.sort_by_key(|(low, ..)| *low);
    let edge = |value: u128, flags| Element { key: term::bytes(value, bits, Order::Big), flags, ..Element::default() };
    let mut elements = Vec::with_capacity(2 * intervals.len() + 1);
    if intervals.first().is_some_and(|(low, ..)| *low > 0) {
        elements.push(edge(0, END));
    }
    let starts: Vec<u128> = intervals.iter().map(|(low, ..)| *low).collect();
    for (position, (low, high, element)) in intervals.into_iter().enumerate() {
        elements.push(Element { key: term::bytes(low, bits, Order::Big), ..element });
        let next = starts.get(position + 1);
        if high < ones(bits) && next.is_none_or(|next| *next != high + 1) {
            elements.push(edge(high + 1, END));
        }
    }
    elements
}

/// Whether a list of keys has to be kept as intervals.
pub fn has_ranges<'j>(mut keys: impl Iterator<Item = &'j Value>, shape: &Shape) -> bool {
    let has_text = shape.parts.iter().any(|part| part.datatype.base == Base::Text);
    keys.any(|key| super::set::is_ranged(key) && (has_text || !key.is_string()))
}
