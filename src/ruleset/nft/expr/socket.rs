//! The socket that a packet belongs to (`nft_socket.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register};

/// The socket that a packet belongs to (`nft_socket.c`).
#[derive(Debug, Clone)]
pub struct Socket {
    pub dest: Reg,
    /// `NFT_SOCKET_*`: 0 transparent, 1 mark, 2 wildcard, 3 cgroupv2.
    pub key: u32,
    pub level: Option<u32>,
}

impl Socket {
    /// `nft_socket_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, key, dest, level] = parse(attributes)?;
        Some(Self { dest: register(dest?)?, key: be32(key?)?, level: optional(level, be32)? })
    }
}
