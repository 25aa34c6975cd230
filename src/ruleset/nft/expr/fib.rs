//! A route lookup (`nft_fib.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, parse, register};

/// A route lookup (`nft_fib.c`).
#[derive(Debug, Clone)]
pub struct Fib {
    pub dest: Reg,
    /// `NFT_FIB_RESULT_*`: 1 oif, 2 oifname, 3 addrtype.
    pub result: u32,
    /// `NFTA_FIB_F_*`: 1 saddr, 2 daddr, 4 mark, 8 iif, 16 oif, 32 present.
    pub flags: u32,
}

impl Fib {
    /// `nft_fib_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, dest, result, flags] = parse(attributes)?;
        Some(Self { dest: register(dest?)?, result: be32(result?)?, flags: be32(flags?)? })
    }
}
