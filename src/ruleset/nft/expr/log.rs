//! `log` (`nft_log.c`).

use crate::ruleset::nft::decode::attributes::{be16, be32, optional, parse, some_text};

/// `log` (`nft_log.c`).
#[derive(Debug, Clone)]
pub struct Log {
    pub prefix: Option<String>,
    pub group: Option<u16>,
    pub snaplen: Option<u32>,
    pub queue_threshold: Option<u16>,
    pub level: Option<u32>,
    pub flags: Option<u32>,
}

impl Log {
    /// `nft_log_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, group, prefix, snaplen, queue_threshold, level, flags] = parse(attributes)?;
        Some(Self {
            prefix: optional(prefix, some_text)?,
            group: optional(group, be16)?,
            snaplen: optional(snaplen, be32)?,
            queue_threshold: optional(queue_threshold, be16)?,
            level: optional(level, be32)?,
            flags: optional(flags, be32)?,
        })
    }
}
