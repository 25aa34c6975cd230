//! `-m nfacct` (`nfacct_mt`, xt_nfacct.c).

use super::{Meaning, undecided};
use crate::{lower::context::Context, model::step::ConditionKind, ruleset::xtables::Match};

/// Holds if the object has no quota, or more than it has been counted; which objects there are is not known.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(undecided(each, ConditionKind::Quota, context))
}
