//! A rate limit (`nft_limit.c`).

/// A rate limit (`nft_limit.c`).
#[derive(Debug, Clone)]
pub struct Limit {
    pub rate: u64,
    /// Seconds of the unit.
    pub unit: u64,
    pub burst: u32,
    /// True: bytes, false: packets.
    pub bytes: bool,
    /// `over`: matches above the rate.
    pub over: bool,
}
