//! Comparison of a register with a constant (`nft_cmp.c`), by memcmp.

use super::Reg;
use crate::ruleset::nft::Data;
use crate::ruleset::nft::decode::attributes::{be32, data, parse, register};

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

impl Cmp {
    /// `nft_cmp_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, source, op, value] = parse(attributes)?;
        let op = match be32(op?)? {
            0 => CmpOp::Eq,
            1 => CmpOp::Neq,
            2 => CmpOp::Lt,
            3 => CmpOp::Lte,
            4 => CmpOp::Gt,
            5 => CmpOp::Gte,
            _ => return None,
        };
        Some(Self { source: register(source?)?, op, data: data(value?)? })
    }
}
