//! A packet and byte counter (`nft_counter.c`).

/// A packet and byte counter (`nft_counter.c`).
#[derive(Debug, Clone)]
pub struct Counter {
    pub packets: u64,
    pub bytes: u64,
}
