//! A quota of bytes (`nft_quota.c`).

/// A quota of bytes (`nft_quota.c`).
#[derive(Debug, Clone)]
pub struct Quota {
    pub bytes: u64,
    pub consumed: u64,
    /// `over`: matches beyond the quota.
    pub over: bool,
}
