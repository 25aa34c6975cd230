//! Packet marks.

use super::{super::decode::Table, Part, number};

/// `IPSET_ATTR_MARK`.
const MARK: u16 = 10;

pub(super) fn decode(table: &Table<'_>) -> Option<Option<Part>> {
    Some(table.be32(MARK)?.map(Part::Mark))
}

pub(super) fn parse(text: &str) -> Result<Part, String> {
    number::unsigned(text).map(Part::Mark)
}
