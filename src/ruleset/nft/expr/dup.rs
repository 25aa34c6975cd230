//! `dup to` (`nft_dup_ipv4.c`, `nft_dup_ipv6.c`, `nft_dup_netdev.c`).

use super::Reg;

/// `dup to` (`nft_dup_ipv4.c`, `nft_dup_ipv6.c`, `nft_dup_netdev.c`).
#[derive(Debug, Clone)]
pub struct Dup {
    pub address: Option<Reg>,
    pub device: Option<Reg>,
}
