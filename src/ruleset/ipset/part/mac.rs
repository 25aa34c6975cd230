//! Ethernet addresses.

use std::fmt;

use super::{super::decode::Table, Part};

/// `IPSET_ATTR_ETHER`.
const ETHER: u16 = 17;

pub(super) fn decode(table: &Table<'_>) -> Option<Option<Part>> {
    match table.bytes(ETHER) {
        None => Some(None),
        Some(bytes) => Some(Some(Part::Mac(bytes.try_into().ok()?))),
    }
}

pub(super) fn print(bytes: [u8; 6], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [a, b, c, d, e, g] = bytes;
    write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
}

pub(super) fn parse(text: &str) -> Result<Part, String> {
    let complaint = || format!("{text} is no Ethernet address");
    let mut bytes = [0; 6];
    let mut pieces = text.split(':');
    for byte in &mut bytes {
        let piece = pieces.next().filter(|piece| piece.len() <= 2).ok_or_else(complaint)?;
        *byte = u8::from_str_radix(piece, 16).map_err(|_| complaint())?;
    }
    if pieces.next().is_some() { Err(complaint()) } else { Ok(Part::Mac(bytes)) }
}
