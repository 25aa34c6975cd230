//! The socket that a packet belongs to (`nft_socket.c`).

use super::Reg;

/// The socket that a packet belongs to (`nft_socket.c`).
#[derive(Debug, Clone)]
pub struct Socket {
    pub dest: Reg,
    /// `NFT_SOCKET_*`: 0 transparent, 1 mark, 2 wildcard, 3 cgroupv2.
    pub key: u32,
    pub level: Option<u32>,
}
