//! Constants, by the type of what they are compared with or written to.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::{
    Wrong, only,
    reader::Reader,
    term::{Kind, Term},
};
use crate::ruleset::{
    nft::{
        Data,
        language::{
            datatype::{self as types, Base, Datatype, Style, same},
            number::ones,
        },
    },
    services,
};

/// One value, or several that lie together.
#[derive(Debug, Clone)]
pub enum Span {
    One(Term),
    /// The first so many bits are these.
    Prefix(Term, u32),
    /// From one to the other, both included.
    Range(Term, Term),
    /// Names that begin so.
    Beginning(Data),
}

impl Reader<'_, '_> {
    /// A constant of the type of `like`.
    pub fn constant(&self, json: &Value, like: &Term) -> Result<Term, Wrong> {
        match self.span(json, like)? {
            Span::One(term) => Ok(term),
            _ => Err("here stands one value".into()),
        }
    }

    /// A constant, prefix or range.
    pub fn span(&self, json: &Value, like: &Term) -> Result<Span, Wrong> {
        match only(json) {
            Some(("prefix", body)) => {
                let Span::One(base) = self.span(body.get("addr").unwrap_or(&Value::Null), like)? else {
                    return Err("a prefix is of an address".into());
                };
                let length = body.get("len").and_then(Value::as_u64).and_then(|length| u32::try_from(length).ok());
                let length = length.filter(|length| *length <= like.bits && matches!(base.kind, Kind::Number(_)));
                Ok(Span::Prefix(base, length.ok_or_else(|| Wrong::from("a prefix is no longer than its address"))?))
            }
            Some(("range", body)) => {
                let [low, high] = body.as_array().map(Vec::as_slice).unwrap_or_default() else {
                    return Err("a range has two ends".into());
                };
                match (self.span(low, like)?, self.span(high, like)?) {
                    (Span::One(low), Span::One(high)) if matches!(low.kind, Kind::Number(_)) => Ok(Span::Range(low, high)),
                    // Those that nft 1.0.6 makes of names with a `*` are listed as ranges of nothing.
                    _ => Err("a range is from one number to another".into()),
                }
            }
            _ if like.datatype.base == Base::Text => text(json, like),
            _ => Ok(Span::One(Term::number(self.numeric(json, like.datatype, like.bits)?, like))),
        }
    }

    /// A number: of one symbol, or of several flags.
    fn numeric(&self, json: &Value, datatype: Datatype, bits: u32) -> Result<u128, Wrong> {
        let several = |list: &[Value]| {
            list.iter().try_fold(0, |sum, each| match each {
                Value::Array(_) => Err(Wrong::from("flags are a flat list")),
                each => Ok(sum | self.numeric(each, datatype, bits)?),
            })
        };
        let value = match json {
            Value::Bool(value) => u128::from(*value),
            Value::Number(number) => {
                let number = number.as_u64().ok_or_else(|| Wrong::from("a number is not negative, and whole"))?;
                scaled(number, datatype, bits)?
            }
            Value::String(word) => self.worded(word, datatype)?,
            Value::Array(list) if datatype.base == Base::Bitmask || datatype.base == Base::Number => several(list)?,
            Value::Object(_) => {
                // Older listings nest `|`; the depth is bounded by that of the JSON.
                let list = only(json).filter(|(name, _)| *name == "|").and_then(|(_, list)| list.as_array());
                several(list.ok_or_else(|| Wrong(format!("this is no value of type {}", datatype.name)))?)?
            }
            _ => return Err(Wrong(format!("this is no value of type {}", datatype.name))),
        };
        if value > ones(bits) { Err(Wrong(format!("this is more than {bits} bits hold"))) } else { Ok(value) }
    }

    fn worded(&self, word: &str, datatype: Datatype) -> Result<u128, Wrong> {
        let wrong = || Wrong(format!("'{word}' is no {} that is known here", datatype.name));
        if let Some((_, value)) = datatype.symbols.iter().find(|(name, _)| *name == word) {
            return Ok((*value).into());
        }
        let found = match datatype.style {
            Style::Ipv4 => word.parse::<Ipv4Addr>().ok().map(|address| u32::from(address).into()),
            Style::Ipv6 => word.parse::<Ipv6Addr>().ok().map(u128::from),
            Style::LinkAddress => link_address(word),
            Style::Interface => {
                let index = (self.interfaces)(word).map(u128::from).or_else(|| plain(word));
                return index.ok_or_else(|| Wrong(format!("there is no interface {word} (--host FILE tells which there are)")));
            }
            Style::ClassId => class(word),
            Style::Hour => hour(word),
            Style::Date => date(word),
            _ if same(datatype, &types::INET_SERVICE) => services::port(word).map(u128::from),
            _ => None,
        };
        found.or_else(|| plain(word)).ok_or_else(wrong)
    }
}

/// A number that nft writes in a unit of its own.
fn scaled(number: u64, datatype: Datatype, bits: u32) -> Result<u128, Wrong> {
    let number = u128::from(number);
    Ok(match datatype.style {
        Style::Duration => number * 1000,
        // A label is a bit; as several of them are a mask, only those of one have a name.
        Style::BitNumber if number < u128::from(bits) => 1 << number,
        Style::BitNumber => return Err("there is no such label".into()),
        _ => number,
    })
}

fn text(json: &Value, like: &Term) -> Result<Span, Wrong> {
    let text = json.as_str().ok_or_else(|| Wrong(format!("this is no value of type {}", like.datatype.name)))?;
    let width = like.bytes() as usize;
    if text.is_empty() || text.len() > width || text.contains('\0') {
        return Err(Wrong(format!("a name has 1 to {width} characters")));
    }
    let whole = |name: &str| {
        let mut data = Data::from_slice(name.as_bytes());
        data.resize(width, 0);
        Span::One(Term { kind: Kind::Text(data), ..like.clone() })
    };
    Ok(match text.strip_suffix('*') {
        Some(name) if name.ends_with('\\') => whole(&format!("{}*", &name[..name.len() - 1])),
        Some("") => return Err("a name does not begin with *".into()),
        Some(beginning) => Span::Beginning(Data::from_slice(beginning.as_bytes())),
        None => whole(text),
    })
}

/// A decimal or hexadecimal number.
fn plain(word: &str) -> Option<u128> {
    match word.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

fn link_address(word: &str) -> Option<u128> {
    word.split(':').try_fold(0u128, |sum, part| {
        let byte = u8::from_str_radix(part, 16).ok().filter(|_| part.len() <= 2)?;
        sum.checked_mul(256)?.checked_add(byte.into())
    })
}

/// `1:2`, hexadecimal.
fn class(word: &str) -> Option<u128> {
    match word {
        "root" => return Some(0xffff_ffff),
        "none" => return Some(0),
        _ => {}
    }
    let (major, minor) = word.split_once(':')?;
    let part = |text: &str| if text.is_empty() { Some(0) } else { u16::from_str_radix(text, 16).ok().map(u128::from) };
    Some((part(major)? << 16) | part(minor)?)
}

/// `10:00`, of UTC: which time zone the listing was made in it does not say.
fn hour(word: &str) -> Option<u128> {
    let parts = word.split(':').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    let seconds = match parts.as_slice() {
        [hours, minutes] => hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?,
        [hours, minutes, seconds] => hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(*seconds)?,
        _ => return None,
    };
    Some(seconds.into())
}

/// Nanoseconds since 1970, of UTC.
fn date(word: &str) -> Option<u128> {
    let time: jiff::civil::DateTime = word.parse().ok()?;
    let seconds = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    u128::try_from(seconds).ok()?.checked_mul(1_000_000_000)
}
