//! `queue` (`nft_queue.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be16, optional, parse, register};

/// `queue` (`nft_queue.c`).
#[derive(Debug, Clone)]
pub struct Queue {
    pub num: Option<u16>,
    pub total: Option<u16>,
    /// 1 bypass, 2 fanout.
    pub flags: u16,
    pub source: Option<Reg>,
}

impl Queue {
    /// `nft_queue_dump` and `nft_queue_sreg_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, num, total, flags, source] = parse(attributes)?;
        Some(Self {
            num: optional(num, be16)?,
            total: optional(total, be16)?,
            flags: optional(flags, be16)?.unwrap_or(0),
            source: optional(source, register)?,
        })
        .filter(|it| it.num.is_some() != it.source.is_some())
    }
}
