//! `dnat` and `snat` (`nft_nat.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `dnat` and `snat` (`nft_nat.c`).
#[derive(Debug, Clone)]
pub struct Nat {
    /// True: dnat.
    pub dnat: bool,
    /// `NFPROTO_*`.
    pub family: u32,
    pub addr_min: Option<Reg>,
    pub addr_max: Option<Reg>,
    pub port_min: Option<Reg>,
    pub port_max: Option<Reg>,
    /// `NF_NAT_RANGE_*`; 64 is netmap.
    pub flags: u32,
}

impl Nat {
    /// `nft_nat_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, kind, family, addr_min, addr_max, port_min, port_max, flags] = parse(attributes)?;
        let dnat = match be32(kind?)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self {
            dnat,
            family: be32(family?)?,
            addr_min: optional(addr_min, register)?,
            addr_max: optional(addr_max, register)?,
            port_min: optional(port_min, register)?,
            port_max: optional(port_max, register)?,
            flags: optional(flags, be32)?.unwrap_or(0),
        })
    }
}
