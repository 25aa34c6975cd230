//! A packet and byte counter (`nft_counter.c`).

use crate::ruleset::nft::decode::attributes::{be64, parse};

/// A packet and byte counter (`nft_counter.c`).
#[derive(Debug, Clone)]
pub struct Counter {
    pub packets: u64,
    pub bytes: u64,
}

impl Counter {
    /// `nft_counter_do_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, bytes, packets, _pad] = parse(attributes)?;
        Some(Self { packets: be64(packets?)?, bytes: be64(bytes?)? })
    }
}
