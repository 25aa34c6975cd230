//! A reference to a named object (`nft_objref.c`).

use super::Reg;

/// A reference to a named object (`nft_objref.c`).
#[derive(Debug, Clone)]
pub struct Objref {
    /// `NFT_OBJECT_*`: 1 counter, 2 quota, 3 ct helper, 4 limit, 5 connlimit, 7 ct timeout, 8 secmark, 9 ct expect, 10 synproxy.
    pub kind: Option<u32>,
    pub name: Option<String>,
    /// For a reference through a map: the key.
    pub source: Option<Reg>,
    /// For a reference through a map: its set.
    pub set: Option<String>,
}
