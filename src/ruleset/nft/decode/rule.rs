//! Rules (`nf_tables_fill_rule_info`).

use super::attributes::{Attributes, be64, parse_known, string};
use super::userdata;
use crate::ruleset::nft::{Expr, Rule};

/// A rule with the names of its table and chain. Its expressions that are not understood are [`Expr::Unknown`], never left out.
pub fn rule(attributes: &[u8]) -> Option<(&[u8], &[u8], Rule)> {
    let [_, table, chain, handle, list, _compat, _position, notes] = parse_known(attributes)?;
    let list = list.unwrap_or_default();
    let mut exprs = Vec::with_capacity(Attributes(list).count());
    for element in Attributes(list) {
        exprs.push(Expr::decode(element?.1));
    }
    Some((string(table?), string(chain?), Rule { handle: be64(handle?)?, comment: userdata::comment(notes), exprs }))
}
