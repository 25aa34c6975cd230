//! `synproxy` (`nft_synproxy.c`).

use crate::ruleset::nft::decode::attributes::{be16, be32, byte, parse};

/// `synproxy` (`nft_synproxy.c`).
#[derive(Debug, Clone)]
pub struct Synproxy {
    pub mss: u16,
    pub wscale: u8,
    pub flags: u32,
}

impl Synproxy {
    /// `nft_synproxy_do_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, mss, wscale, flags] = parse(attributes)?;
        Some(Self { mss: be16(mss?)?, wscale: byte(wscale?)?, flags: be32(flags?)? })
    }
}
