//! Conversion between host and network byte order (`nft_byteorder.c`).

use super::Reg;

/// Conversion between host and network byte order (`nft_byteorder.c`).
#[derive(Debug, Clone)]
pub struct Byteorder {
    pub source: Reg,
    pub dest: Reg,
    /// False: `ntoh`, true: `hton`; the same permutation.
    pub to_network: bool,
    /// Bytes in all.
    pub len: u32,
    /// Bytes of each element: 2, 4 or 8.
    pub size: u32,
}
