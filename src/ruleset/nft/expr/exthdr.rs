//! An IPv6 extension header, a TCP, IPv4, SCTP or DCCP option (`nft_exthdr.c`).

use super::Reg;

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
