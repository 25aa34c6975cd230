//! Bytes of the packet read into a register, or written from one (`nft_payload.c`).

use super::{Reg, load_or_store};
use crate::ruleset::nft::decode::attributes::{be32, length, optional, parse};

/// Bytes of the packet read into a register, or written from one (`nft_payload.c`).
#[derive(Debug, Clone)]
pub struct Payload {
    pub base: PayloadBase,
    /// Bytes; the kernel keeps 16 bits of it.
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

impl Payload {
    /// `nft_payload_dump` and `nft_payload_set_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, base, offset, len, source, csum_type, csum_offset, csum_flags] = parse(attributes)?;
        let base = match be32(base?)? {
            0 => PayloadBase::Link,
            1 => PayloadBase::Network,
            2 => PayloadBase::Transport,
            3 => PayloadBase::Inner,
            other => PayloadBase::Other(other),
        };
        let (dest, source) = load_or_store(dest, source)?;
        Some(Self {
            base,
            offset: u16::try_from(be32(offset?)?).ok()?.into(),
            len: length(len?)?,
            dest,
            source,
            csum_type: optional(csum_type, be32)?,
            csum_offset: optional(csum_offset, be32)?,
            csum_flags: optional(csum_flags, be32)?,
        })
    }
}
