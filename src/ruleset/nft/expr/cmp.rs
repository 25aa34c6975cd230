//! Comparison of a register with a constant (`nft_cmp.c`), by memcmp.

use super::Reg;
use crate::ruleset::nft::Data;

/// Comparison of a register with a constant (`nft_cmp.c`), by memcmp.
#[derive(Debug, Clone)]
pub struct Cmp {
    pub source: Reg,
    pub op: CmpOp,
    pub data: Data,
}

/// How `cmp` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CmpOp {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
}
