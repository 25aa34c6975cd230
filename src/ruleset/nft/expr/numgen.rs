//! `numgen` (`nft_numgen.c`).

use super::Reg;

/// `numgen` (`nft_numgen.c`).
#[derive(Debug, Clone)]
pub struct Numgen {
    pub dest: Reg,
    pub modulus: u32,
    /// 0 inc, 1 random.
    pub kind: u32,
    pub offset: u32,
}
