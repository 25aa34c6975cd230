//! Conversion between host and network byte order (`nft_byteorder.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, length, parse, register};

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

impl Byteorder {
    /// `nft_byteorder_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, source, dest, op, len, size] = parse(attributes)?;
        let to_network = match be32(op?)? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let size = be32(size?).filter(|size| matches!(size, 2 | 4 | 8))?;
        Some(Self { source: register(source?)?, dest: register(dest?)?, to_network, len: length(len?)?, size })
    }
}
