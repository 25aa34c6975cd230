//! `tproxy to` (`nft_tproxy.c`).

use super::Reg;

/// `tproxy to` (`nft_tproxy.c`).
#[derive(Debug, Clone)]
pub struct Tproxy {
    pub family: u32,
    pub address: Option<Reg>,
    pub port: Option<Reg>,
}
