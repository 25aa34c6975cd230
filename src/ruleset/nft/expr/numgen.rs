//! `numgen` (`nft_numgen.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `numgen` (`nft_numgen.c`).
#[derive(Debug, Clone)]
pub struct Numgen {
    pub dest: Reg,
    pub modulus: u32,
    /// 0 inc, 1 random.
    pub kind: u32,
    pub offset: u32,
}

impl Numgen {
    /// `nft_ng_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, modulus, kind, offset] = parse(attributes)?;
        let offset = optional(offset, be32)?.unwrap_or(0);
        Some(Self { dest: register(dest?)?, modulus: be32(modulus?)?, kind: be32(kind?)?, offset })
    }
}
