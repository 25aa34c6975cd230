//! `-m quota` (`quota_mt`, xt_quota.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Quota},
};

/// Whether so many bytes are left; never more than there were at first.
#[must_use]
pub fn meaning(quota: &Quota, context: &mut Context<'_>) -> Meaning {
    let most = u128::from(quota.quota).min(u128::from(u16::MAX));
    // What the condition says is that enough is left.
    let plain = Quota { inverted: false, ..quota.clone() };
    let left = undecided(&Match::Quota(Box::new(plain)), ConditionKind::Quota, context);
    let fits = Test::is(Field::Length, Values::range(16, 0, most));
    Meaning::test(either(Test::all([fits, left]), quota.inverted))
}
