//! A key looked up in a set or map (`nft_lookup.c`).

use super::{Reg, invert};
use crate::ruleset::nft::decode::attributes::{any_register, be32, optional, parse, register, text};

/// A key looked up in a set or map (`nft_lookup.c`).
#[derive(Debug, Clone)]
pub struct Lookup {
    pub set: String,
    pub source: Reg,
    /// None: a set; `Some(None)`: a verdict map; `Some(Some(r))`: a data map into a register.
    pub dest: Option<Option<Reg>>,
    /// `NFT_LOOKUP_F_INV`.
    pub invert: bool,
}

impl Lookup {
    /// `nft_lookup_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, set, source, dest, _id, flags] = parse(attributes)?;
        let dest = optional(dest, any_register)?;
        Some(Self { set: text(set?), source: register(source?)?, dest, invert: invert(optional(flags, be32)?)? })
    }
}
