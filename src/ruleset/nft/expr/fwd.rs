//! `fwd to` (`nft_fwd_netdev.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `fwd to` (`nft_fwd_netdev.c`).
#[derive(Debug, Clone)]
pub struct Fwd {
    pub device: Reg,
    pub address: Option<Reg>,
    pub nfproto: Option<u32>,
}

impl Fwd {
    /// `nft_fwd_netdev_dump` and `nft_fwd_neigh_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, device, address, nfproto] = parse(attributes)?;
        Some(Self { device: register(device?)?, address: optional(address, register)?, nfproto: optional(nfproto, be32)? })
    }
}
