//! An IPv6 extension header, a TCP, IPv4, SCTP or DCCP option (`nft_exthdr.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, byte, optional, parse, register};

/// An IPv6 extension header, a TCP, IPv4, SCTP or DCCP option (`nft_exthdr.c`).
#[derive(Debug, Clone)]
pub struct Exthdr {
    pub dest: Option<Reg>,
    pub source: Option<Reg>,
    /// Header or option type.
    pub kind: u8,
    pub offset: u32,
    pub len: u32,
    /// `NFT_EXTHDR_F_PRESENT`: loads whether it is there.
    pub present: bool,
    /// `NFT_EXTHDR_OP_*`: 0 IPv6, 1 TCP option, 2 IPv4 option, 3 SCTP chunk, 4 DCCP option.
    pub op: u32,
}

impl Exthdr {
    /// `nft_exthdr_dump`, `nft_exthdr_dump_set`; `nft_exthdr_dump_strip`, which has no register.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, kind, offset, len, flags, op, source] = parse(attributes)?;
        let present = match optional(flags, be32)?.unwrap_or(0) {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self {
            dest: optional(dest, register)?,
            source: optional(source, register)?,
            kind: byte(kind?)?,
            offset: be32(offset?)?,
            len: be32(len?)?,
            present,
            op: optional(op, be32)?.unwrap_or(0),
        })
    }
}
