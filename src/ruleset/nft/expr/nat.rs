//! `dnat` and `snat` (`nft_nat.c`).

use super::Reg;

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
