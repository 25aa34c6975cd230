//! Set elements (`nf_tables_fill_setelem`).

use super::attributes::{Attributes, be32, be64, data, optional, parse, parse_known, some_text};
use super::messages::{Fault, Kind, Messages};
use super::set::stateful;
use super::userdata;
use crate::ruleset::nft::{Data, Element, expr::Verdict, set::ElementValue};

/// The element in the answer to a question for a key: one NFT_MSG_NEWSETELEM message with its `nlmsghdr`.
#[must_use]
pub fn decode_element(message: &[u8]) -> Option<Element> {
    let message = Messages::new(message, Kind::Elements).next()?.ok()?;
    elements(message.attributes)?.next()?
}

/// All elements of a set's messages.
pub fn decode_elements(messages: &[u8]) -> Result<Vec<Element>, Fault> {
    let mut found = Vec::new();
    for message in Messages::new(messages, Kind::Elements) {
        let not_understood = Fault::NotUnderstood(Kind::Elements);
        for element in elements(message?.attributes).ok_or(not_understood)? {
            found.push(element.ok_or(not_understood)?);
        }
    }
    Ok(found)
}

/// The elements of one message.
fn elements(attributes: &[u8]) -> Option<impl Iterator<Item = Option<Element>>> {
    let [_, _table, _set, list] = parse_known(attributes)?;
    Some(Attributes(list.unwrap_or_default()).map(|attribute| element(attribute?.1)))
}

fn element(attributes: &[u8]) -> Option<Element> {
    let [_, key, value, flags, timeout, expiration, notes, expr, _pad, object, key_end, exprs] = parse(attributes)?;
    let value = match (value, object) {
        (Some(value), None) => Some(data_or_verdict(value)?.into()),
        (None, Some(object)) => some_text(object).map(ElementValue::Object),
        (None, None) => None,
        // The kernel refuses a map of both.
        (Some(_), Some(_)) => return None,
    };
    Some(Element {
        key: optional(key, data)?.unwrap_or_default(),
        key_end: optional(key_end, data)?,
        flags: optional(flags, be32)?.unwrap_or(0),
        value,
        timeout: optional(timeout, be64)?,
        expiration: optional(expiration, be64)?,
        comment: userdata::comment(notes),
        exprs: stateful(expr, exprs)?,
    })
}

/// `nft_data_dump`: data for a register, or a verdict.
pub enum DataOrVerdict {
    Data(Data),
    Verdict(Verdict),
}

impl From<DataOrVerdict> for ElementValue {
    fn from(value: DataOrVerdict) -> Self {
        match value {
            DataOrVerdict::Data(data) => Self::Data(data),
            DataOrVerdict::Verdict(verdict) => Self::Verdict(verdict),
        }
    }
}

pub fn data_or_verdict(attributes: &[u8]) -> Option<DataOrVerdict> {
    match parse(attributes)? {
        [_, Some(value), None] => Some(DataOrVerdict::Data(Data::from_slice(value))),
        [_, None, Some(verdict)] => Verdict::decode(verdict).map(DataOrVerdict::Verdict),
        _ => None,
    }
}
