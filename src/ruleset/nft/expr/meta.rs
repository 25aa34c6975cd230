//! A meta key read into a register, or set from one (`nft_meta.c`).

use super::{Reg, load_or_store};
use crate::ruleset::nft::decode::attributes::{be32, parse};

/// A meta key read into a register, or set from one (`nft_meta.c`).
#[derive(Debug, Clone)]
pub struct Meta {
    /// `NFT_META_*`.
    pub key: u32,
    pub dest: Option<Reg>,
    /// Present if the key is set.
    pub source: Option<Reg>,
}

impl Meta {
    /// `nft_meta_get_dump` and `nft_meta_set_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, key, source] = parse(attributes)?;
        let (dest, source) = load_or_store(dest, source)?;
        Some(Self { key: be32(key?)?, dest, source })
    }
}
