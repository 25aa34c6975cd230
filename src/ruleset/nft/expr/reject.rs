//! `reject` (`nft_reject.c`).

/// `reject` (`nft_reject.c`).
#[derive(Debug, Clone)]
pub struct Reject {
    /// `NFT_REJECT_*`: 0 ICMP unreachable, 1 TCP RST, 2 ICMPX unreachable.
    pub kind: u32,
    /// ICMP code, or `NFT_REJECT_ICMPX_*`.
    pub code: u8,
}
