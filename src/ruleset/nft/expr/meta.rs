//! A meta key read into a register, or set from one (`nft_meta.c`).

use super::Reg;

/// A meta key read into a register, or set from one (`nft_meta.c`).
#[derive(Debug, Clone)]
pub struct Meta {
    /// `NFT_META_*`.
    pub key: u32,
    pub dest: Option<Reg>,
    /// Present if the key is set.
    pub source: Option<Reg>,
}
