//! `jhash` and `symhash` (`nft_hash.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `jhash` and `symhash` (`nft_hash.c`).
#[derive(Debug, Clone)]
pub struct Hash {
    pub source: Option<Reg>,
    pub dest: Reg,
    pub len: u32,
    pub modulus: u32,
    pub seed: Option<u32>,
    pub offset: u32,
    /// 0 jhash, 1 symhash.
    pub kind: u32,
}

impl Hash {
    /// `nft_jhash_dump` and `nft_symhash_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, source, dest, len, modulus, seed, offset, kind] = parse(attributes)?;
        Some(Self {
            source: optional(source, register)?,
            dest: register(dest?)?,
            len: optional(len, be32)?.unwrap_or(0),
            modulus: be32(modulus?)?,
            seed: optional(seed, be32)?,
            offset: optional(offset, be32)?.unwrap_or(0),
            // Kernels before symhash knew one kind.
            kind: optional(kind, be32)?.unwrap_or(0),
        })
    }
}
