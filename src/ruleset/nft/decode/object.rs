//! Stateful objects (`nf_tables_fill_obj_info`).

use super::attributes::{be32, be64, parse_known, string, text};
use super::userdata;
use crate::ruleset::nft::{Expr, Object};

/// An object and the name of its table.
pub fn object(attributes: &[u8]) -> Option<(&[u8], Object)> {
    let [_, table, name, kind, data, _use, handle, _pad, notes] = parse_known(attributes)?;
    let kind = be32(kind?)?;
    let object = Object {
        name: text(name?),
        handle: be64(handle?)?,
        kind,
        comment: userdata::comment(notes),
        // An object is dumped with the attributes of the expression of its kind (`nft_*_do_dump`).
        body: Expr::decode_named(keyword(kind), data.unwrap_or_default()),
    };
    Some((string(table?), object))
}

/// The expression that holds the same as an object of this kind (`NFT_OBJECT_*`); for those that have none, nft's word for the kind.
const fn keyword(kind: u32) -> &'static str {
    match kind {
        1 => "counter",
        2 => "quota",
        3 => "ct helper",
        4 => "limit",
        5 => "connlimit",
        6 => "tunnel object",
        7 => "ct timeout",
        8 => "secmark",
        9 => "ct expectation",
        10 => "synproxy",
        _ => "object",
    }
}
