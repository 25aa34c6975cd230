//! A key looked up in a set or map (`nft_lookup.c`).

use super::Reg;

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
