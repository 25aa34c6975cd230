//! `dup to` (`nft_dup_ipv4.c`, `nft_dup_ipv6.c`, `nft_dup_netdev.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{optional, parse, register};

/// `dup to` (`nft_dup_ipv4.c`, `nft_dup_ipv6.c`, `nft_dup_netdev.c`).
#[derive(Debug, Clone)]
pub struct Dup {
    pub address: Option<Reg>,
    pub device: Option<Reg>,
}

impl Dup {
    /// `nft_dup_ipv4_dump` and its like.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, address, device] = parse(attributes)?;
        Some(Self { address: optional(address, register)?, device: optional(device, register)? })
    }
}
