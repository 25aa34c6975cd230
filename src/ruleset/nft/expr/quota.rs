//! A quota of bytes (`nft_quota.c`).

use crate::ruleset::nft::decode::attributes::{be32, be64, optional, parse};

/// A quota of bytes (`nft_quota.c`).
#[derive(Debug, Clone)]
pub struct Quota {
    pub bytes: u64,
    pub consumed: u64,
    /// `over`: matches beyond the quota.
    pub over: bool,
}

/// `NFT_QUOTA_F_INV`.
const INVERT: u32 = 1;
/// `NFT_QUOTA_F_DEPLETED`, which follows from the numbers.
const DEPLETED: u32 = 2;

impl Quota {
    /// `nft_quota_do_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, bytes, flags, _pad, consumed] = parse(attributes)?;
        let flags = optional(flags, be32)?.unwrap_or(0);
        if flags & !(INVERT | DEPLETED) != 0 {
            return None;
        }
        Some(Self { bytes: be64(bytes?)?, consumed: optional(consumed, be64)?.unwrap_or(0), over: flags & INVERT != 0 })
    }
}
