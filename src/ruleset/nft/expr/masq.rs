//! `masquerade` (`nft_masq.c`).

use super::Reg;

/// `masquerade` (`nft_masq.c`).
#[derive(Debug, Clone)]
pub struct Masq {
    /// `NF_NAT_RANGE_*`.
    pub flags: u32,
    pub port_min: Option<Reg>,
    pub port_max: Option<Reg>,
}
