//! A match or target of xtables used through nf_tables (`nft_compat.c`).

/// A match or target of xtables used through nf_tables (`nft_compat.c`).
#[derive(Debug, Clone)]
pub struct Compat {
    pub target: bool,
    pub name: String,
    pub revision: u32,
    /// The extension's own structure, as bytes.
    pub info: Vec<u8>,
}
