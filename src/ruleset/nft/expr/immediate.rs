//! A constant, or a verdict (`nft_immediate.c`).

use super::{Reg, Verdict};
use crate::ruleset::nft::Data;

/// A constant, or a verdict (`nft_immediate.c`).
#[derive(Debug, Clone)]
pub struct Immediate {
    /// None for a verdict.
    pub dest: Option<Reg>,
    pub value: ImmediateValue,
}

/// What an immediate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImmediateValue {
    Data(Data),
    Verdict(Verdict),
}
