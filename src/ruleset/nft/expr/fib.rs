//! A route lookup (`nft_fib.c`).

use super::Reg;

/// A route lookup (`nft_fib.c`).
#[derive(Debug, Clone)]
pub struct Fib {
    pub dest: Reg,
    /// `NFT_FIB_RESULT_*`: 1 oif, 2 oifname, 3 addrtype.
    pub result: u32,
    /// `NFTA_FIB_F_*`: 1 saddr, 2 daddr, 4 mark, 8 iif, 16 oif, 32 present.
    pub flags: u32,
}
