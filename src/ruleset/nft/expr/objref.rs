//! A reference to a named object (`nft_objref.c`).

use super::Reg;
use crate::ruleset::nft::decode::attributes::{be32, optional, parse, register, some_text};

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

impl Objref {
    /// `nft_objref_dump` and `nft_objref_map_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, kind, name, source, set, _id] = parse(attributes)?;
        Some(Self {
            kind: optional(kind, be32)?,
            name: optional(name, some_text)?,
            source: optional(source, register)?,
            set: optional(set, some_text)?,
        })
        // It names an object, or a map and the key to it.
        .filter(|it| (it.kind.is_some() && it.name.is_some()) != (it.source.is_some() && it.set.is_some()))
    }
}
