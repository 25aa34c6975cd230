//! `redirect` (`nft_redir.c`).

use super::Reg;

/// `redirect` (`nft_redir.c`).
#[derive(Debug, Clone)]
pub struct Redir {
    pub port_min: Option<Reg>,
    pub port_max: Option<Reg>,
    pub flags: u32,
}
