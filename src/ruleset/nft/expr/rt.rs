//! Routing data (`nft_rt.c`).

use super::Reg;

/// Routing data (`nft_rt.c`).
#[derive(Debug, Clone)]
pub struct Rt {
    pub dest: Reg,
    /// `NFT_RT_*`: 0 classid, 1 nexthop4, 2 nexthop6, 3 tcpmss, 4 xfrm.
    pub key: u32,
}
