//! Add to, update or delete from a set out of the packet path (`nft_dynset.c`).

use super::{Expr, Reg};

/// Add to, update or delete from a set out of the packet path (`nft_dynset.c`).
#[derive(Debug, Clone)]
pub struct Dynset {
    pub set: String,
    pub op: DynsetOp,
    pub key: Reg,
    pub data: Option<Reg>,
    /// Milliseconds; 0 if not given.
    pub timeout: u64,
    /// `NFT_DYNSET_F_INV`.
    pub invert: bool,
    /// Stateful expressions run for the element (meter).
    pub exprs: Vec<Expr>,
}

/// What a dynset does with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DynsetOp {
    Add,
    Update,
    Delete,
}
