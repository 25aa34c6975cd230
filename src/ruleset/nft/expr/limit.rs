//! A rate limit (`nft_limit.c`).

use crate::ruleset::nft::decode::attributes::{be32, be64, optional, parse};

use super::invert;

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

impl Limit {
    /// `nft_limit_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, rate, unit, burst, kind, flags, _pad] = parse(attributes)?;
        let bytes = match optional(kind, be32)?.unwrap_or(0) {
            0 => false,
            1 => true,
            _ => return None,
        };
        let burst = optional(burst, be32)?.unwrap_or(0);
        Some(Self { rate: be64(rate?)?, unit: be64(unit?)?, burst, bytes, over: invert(optional(flags, be32)?)? })
    }
}
