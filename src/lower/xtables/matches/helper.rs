//! `-m helper` (`helper_mt`, xt_helper.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Helper},
};

/// nft's bits of `ct state`.
const ESTABLISHED: u128 = 2;
const RELATED: u128 = 4;

/// Only a connection that a helper expected has a master: its first packet is related, later ones are established.
#[must_use]
pub fn meaning(helper: &Helper, context: &mut Context<'_>) -> Meaning {
    let plain = Helper { inverted: false, ..helper.clone() };
    let expected = undecided(&Match::Helper(Box::new(plain)), ConditionKind::Unknown, context);
    let may_be = Test::is(Field::CtState, Values::from_ranges(32, [(ESTABLISHED, ESTABLISHED), (RELATED, RELATED)]));
    Meaning::test(either(Test::all([may_be, expected]), helper.inverted))
}
