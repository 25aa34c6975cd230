//! A conntrack key read into a register, or set from one (`nft_ct.c`).

use super::Reg;

/// A conntrack key read into a register, or set from one (`nft_ct.c`).
#[derive(Debug, Clone)]
pub struct Ct {
    /// `NFT_CT_*`.
    pub key: u32,
    /// `NFTA_CT_DIRECTION`: 0 original, 1 reply.
    pub direction: Option<u8>,
    pub dest: Option<Reg>,
    /// Present if the key is set.
    pub source: Option<Reg>,
}
