//! `tproxy to` (`nft_tproxy.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `tproxy to` (`nft_tproxy.c`).
#[derive(Debug, Clone)]
pub struct Tproxy {
    pub family: u32,
    pub address: Option<Reg>,
    pub port: Option<Reg>,
}

impl Tproxy {
    /// `nft_tproxy_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, family, address, port] = parse(attributes)?;
        Some(Self { family: be32(family?)?, address: optional(address, register)?, port: optional(port, register)? })
    }
}
