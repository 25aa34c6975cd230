//! Attributes and messages made by hand, for the tests of what the running kernel lacks.

use super::messages::Kind;
use crate::ruleset::nft::Expr;

/// One attribute.
pub fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).expect("test data is short");
    let mut bytes = [len.to_ne_bytes(), number.to_ne_bytes()].concat();
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// One attribute that holds a big-endian number.
pub fn number(number: u16, value: u32) -> Vec<u8> {
    attribute(number, &value.to_be_bytes())
}

/// One attribute that holds a value of `nft_data`.
pub fn data(number: u16, value: &[u8]) -> Vec<u8> {
    attribute(number, &attribute(1, value))
}

/// An expression of this name, decoded.
pub fn expr(name: &str, attributes: &[Vec<u8>]) -> Expr {
    Expr::decode(&[attribute(1, name.as_bytes()), attribute(2, &attributes.concat())].concat())
}

/// One message of an inet table.
pub fn message(kind: Kind, attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes = attributes.concat();
    let len = u32::try_from(20 + attributes.len()).expect("test data is short");
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend_from_slice(&(kind as u16).to_ne_bytes());
    bytes.extend_from_slice(&[0; 10]);
    bytes.extend_from_slice(&[1, 0, 0, 0]);
    bytes.extend_from_slice(&attributes);
    bytes
}
