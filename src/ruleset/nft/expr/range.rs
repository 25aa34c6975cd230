//! Comparison of a register with a range (`nft_range.c`).

use super::Reg;
use crate::ruleset::nft::Data;

/// Comparison of a register with a range (`nft_range.c`).
#[derive(Debug, Clone)]
pub struct Range {
    pub source: Reg,
    /// `!=`.
    pub invert: bool,
    pub from: Data,
    pub to: Data,
}
