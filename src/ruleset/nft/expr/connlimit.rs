//! `ct count` (`nft_connlimit.c`).

use crate::ruleset::nft::decode::attributes::{be32, optional, parse};

use super::invert;

/// `ct count` (`nft_connlimit.c`).
#[derive(Debug, Clone)]
pub struct Connlimit {
    pub count: u32,
    /// `over`: matches above the count.
    pub over: bool,
}

impl Connlimit {
    /// `nft_connlimit_do_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, count, flags] = parse(attributes)?;
        Some(Self { count: be32(count?)?, over: invert(optional(flags, be32)?)? })
    }
}
