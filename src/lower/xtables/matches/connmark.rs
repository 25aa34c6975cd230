//! `-m connmark` (`connmark_mt`, xt_connmark.c).

use super::{Meaning, either, mark::masked};
use crate::{
    lower::nft::has_connection,
    model::{Field, Test},
    ruleset::xtables::matches::Connmark,
};

/// The connection's mark; without a connection it does not hold, inverted or not.
#[must_use]
pub fn meaning(connmark: &Connmark) -> Meaning {
    let (mark, mask) = connmark.mark.unwrap_or_default();
    Meaning::test(Test::all([has_connection(), either(masked(Field::CtMark, mark, mask), connmark.inverted)]))
}
