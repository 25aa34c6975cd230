//! Comparison of a register with a range (`nft_range.c`).

use super::Reg;
use crate::ruleset::nft::Data;
use crate::ruleset::nft::decode::attributes::{be32, data, parse, register};

/// Comparison of a register with a range (`nft_range.c`).
#[derive(Debug, Clone)]
pub struct Range {
    pub source: Reg,
    /// `!=`.
    pub invert: bool,
    pub from: Data,
    pub to: Data,
}

impl Range {
    /// `nft_range_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, source, op, from, to] = parse(attributes)?;
        let invert = match be32(op?)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self { source: register(source?)?, invert, from: data(from?)?, to: data(to?)? })
    }
}
