//! `fwd to` (`nft_fwd_netdev.c`).

use super::Reg;

/// `fwd to` (`nft_fwd_netdev.c`).
#[derive(Debug, Clone)]
pub struct Fwd {
    pub device: Reg,
    pub address: Option<Reg>,
    pub nfproto: Option<u32>,
}
