//! Sets (`nf_tables_fill_set`), without their elements.

use super::attributes::{Attributes, be32, be64, optional, parse_known, string, text};
use crate::ruleset::nft::{Elements, Expr, Set};

/// A set, with the names of its table and itself as the kernel's bytes. Its elements are not known yet: only their number, if the kernel tells it (since 6.16).
pub fn set(attributes: &[u8]) -> Option<(&[u8], &[u8], Set)> {
    let [
        _,
        table,
        name,
        flags,
        key_type,
        key_len,
        data_type,
        data_len,
        policy,
        desc,
        _id,
        timeout,
        gc_interval,
        notes,
        _pad,
        object_type,
        handle,
        expr,
        exprs,
        _backend,
        count,
    ] = parse_known(attributes)?;
    let (size, field_lens) = description(desc.unwrap_or_default())?;
    let set = Set {
        name: text(name?),
        handle: be64(handle?)?,
        flags: optional(flags, be32)?.unwrap_or(0),
        key_type: be32(key_type?)?,
        key_len: be32(key_len?)?,
        data_type: optional(data_type, be32)?,
        data_len: optional(data_len, be32)?.unwrap_or(0),
        object_type: optional(object_type, be32)?,
        field_lens,
        size,
        timeout: optional(timeout, be64)?,
        gc_interval: optional(gc_interval, be32)?,
        policy: optional(policy, be32)?.unwrap_or(0),
        exprs: stateful(expr, exprs)?,
        userdata: notes.unwrap_or_default().to_vec(),
        elements: Elements::AskedByKey { count: optional(count, be32)?.map(u64::from) },
    };
    Some((string(table?), string(name?), set))
}

/// `NFTA_SET_DESC_*`: the size that the user set, and the length of each field of a concatenation (`nf_tables_fill_set_concat`).
fn description(desc: &[u8]) -> Option<(Option<u32>, Vec<u32>)> {
    let [_, size, concat] = parse_known(desc)?;
    let fields = Attributes(concat.unwrap_or_default()).map(|field| {
        let [_, len] = parse_known(field?.1)?;
        be32(len?)
    });
    Some((optional(size, be32)?, fields.collect::<Option<_>>()?))
}

/// The stateful expressions of a set, an element or a dynset: one in an attribute of its own, or several in a list.
pub fn stateful(one: Option<&[u8]>, list: Option<&[u8]>) -> Option<Vec<Expr>> {
    let list = Attributes(list.unwrap_or_default()).map(|element| Some(Expr::decode_stateful(element?.1)));
    one.map(|one| Some(Expr::decode_stateful(one))).into_iter().chain(list).collect()
}
