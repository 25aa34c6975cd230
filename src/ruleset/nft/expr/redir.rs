//! `redirect` (`nft_redir.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// `redirect` (`nft_redir.c`).
#[derive(Debug, Clone)]
pub struct Redir {
    pub port_min: Option<Reg>,
    pub port_max: Option<Reg>,
    pub flags: u32,
}

impl Redir {
    /// `nft_redir_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, port_min, port_max, flags] = parse(attributes)?;
        let flags = optional(flags, be32)?.unwrap_or(0);
        Some(Self { port_min: optional(port_min, register)?, port_max: optional(port_max, register)?, flags })
    }
}
