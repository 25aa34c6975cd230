//! Routing data (`nft_rt.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, parse, register};

/// Routing data (`nft_rt.c`).
#[derive(Debug, Clone)]
pub struct Rt {
    pub dest: Reg,
    /// `NFT_RT_*`: 0 classid, 1 nexthop4, 2 nexthop6, 3 tcpmss, 4 xfrm.
    pub key: u32,
}

impl Rt {
    /// `nft_rt_get_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, key] = parse(attributes)?;
        Some(Self { dest: register(dest?)?, key: be32(key?)? })
    }
}
