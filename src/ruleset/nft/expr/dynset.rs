//! Add to, update or delete from a set out of the packet path (`nft_dynset.c`).

use super::{Expr, Reg, invert};
use crate::ruleset::nft::decode::attributes::{be32, be64, optional, parse, register, text};
use crate::ruleset::nft::decode::set::stateful;

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

impl Dynset {
    /// `nft_dynset_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, set, _id, op, key, data, timeout, expr, _pad, flags, exprs] = parse(attributes)?;
        let op = match be32(op?)? {
            0 => DynsetOp::Add,
            1 => DynsetOp::Update,
            2 => DynsetOp::Delete,
            _ => return None,
        };
        Some(Self {
            set: text(set?),
            op,
            key: register(key?)?,
            data: optional(data, register)?,
            timeout: optional(timeout, be64)?.unwrap_or(0),
            invert: invert(optional(flags, be32)?)?,
            exprs: stateful(expr, exprs)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::decode::handmade::{attribute, expr, number};

    #[test]
    fn nesting_ends_after_one_level() {
        let inner = |name: &[u8], data: &[u8]| [attribute(1, name), attribute(2, data)].concat();
        let mut nested = inner(b"notrack", &[]);
        for _ in 0..1000 {
            nested = inner(b"dynset", &attribute(7, &nested));
        }
        let dynset = expr("dynset", &[attribute(1, b"set\0"), number(3, 0), number(4, 1), attribute(7, &nested)]);
        let Expr::Dynset(dynset) = dynset else { panic!("{dynset:?}") };
        assert!(matches!(dynset.exprs.as_slice(), [Expr::Unknown { name, .. }] if name == "dynset"));
    }
}
