//! A match or target of xtables used through nf_tables (`nft_compat.c`).

use crate::ruleset::nft::decode::attributes::{be32, parse, text};

/// A match or target of xtables used through nf_tables (`nft_compat.c`).
#[derive(Debug, Clone)]
pub struct Compat {
    pub target: bool,
    pub name: String,
    pub revision: u32,
    /// The extension's own structure, as bytes.
    pub info: Vec<u8>,
}

impl Compat {
    /// `__nft_match_dump` and `nft_target_dump`.
    pub(super) fn decode(attributes: &[u8], target: bool) -> Option<Self> {
        let [_, name, revision, info] = parse(attributes)?;
        Some(Self { target, name: text(name?), revision: be32(revision?)?, info: info?.to_vec() })
    }
}
