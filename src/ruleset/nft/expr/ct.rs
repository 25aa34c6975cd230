//! A conntrack key read into a register, or set from one (`nft_ct.c`).

use super::{Reg, load_or_store};
use crate::ruleset::nft::decode::attributes::{be32, byte, optional, parse};

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

impl Ct {
    /// `nft_ct_get_dump` and `nft_ct_set_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, key, direction, source] = parse(attributes)?;
        let (dest, source) = load_or_store(dest, source)?;
        Some(Self { key: be32(key?)?, direction: optional(direction, byte)?, dest, source })
    }
}
