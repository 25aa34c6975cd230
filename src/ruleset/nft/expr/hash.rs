//! `jhash` and `symhash` (`nft_hash.c`).

use super::Reg;

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
