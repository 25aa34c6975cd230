//! `reject` (`nft_reject.c`).

use crate::ruleset::nft::decode::attributes::{be32, byte, optional, parse};

/// `reject` (`nft_reject.c`).
#[derive(Debug, Clone)]
pub struct Reject {
    /// `NFT_REJECT_*`: 0 ICMP unreachable, 1 TCP RST, 2 ICMPX unreachable.
    pub kind: u32,
    /// ICMP code, or `NFT_REJECT_ICMPX_*`.
    pub code: u8,
}

impl Reject {
    /// `nft_reject_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, kind, code] = parse(attributes)?;
        let kind = be32(kind?).filter(|kind| *kind <= 2)?;
        Some(Self { kind, code: optional(code, byte)?.unwrap_or(0) })
    }
}
