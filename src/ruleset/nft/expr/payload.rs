//! Bytes of the packet read into a register, or written from one (`nft_payload.c`).

use super::Reg;

/// Bytes of the packet read into a register, or written from one (`nft_payload.c`).
#[derive(Debug, Clone)]
pub struct Payload {
    pub base: PayloadBase,
    /// Bytes.
    pub offset: u32,
    /// Bytes.
    pub len: u32,
    pub dest: Option<Reg>,
    /// Present if the bytes are written.
    pub source: Option<Reg>,
    pub csum_type: Option<u32>,
    pub csum_offset: Option<u32>,
    pub csum_flags: Option<u32>,
}

/// Where a payload's offset starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadBase {
    Link,
    Network,
    Transport,
    /// What follows the transport header.
    Inner,
    /// Tunnel header or a base not known here.
    Other(u32),
}
