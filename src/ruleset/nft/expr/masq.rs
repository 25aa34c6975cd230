//! `masquerade` (`nft_masq.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `masquerade` (`nft_masq.c`).
#[derive(Debug, Clone)]
pub struct Masq {
    /// `NF_NAT_RANGE_*`.
    pub flags: u32,
    pub port_min: Option<Reg>,
    pub port_max: Option<Reg>,
}

impl Masq {
    /// `nft_masq_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, flags, port_min, port_max] = parse(attributes)?;
        let flags = optional(flags, be32)?.unwrap_or(0);
        Some(Self { flags, port_min: optional(port_min, register)?, port_max: optional(port_max, register)? })
    }
}
