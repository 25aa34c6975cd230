//! `-m rateest` (`xt_rateest_mt`, xt_rateest.c).

use super::{Meaning, undecided};
use crate::{lower::context::Context, model::step::ConditionKind, ruleset::xtables::Match};

/// What the rate is is not known.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(undecided(each, ConditionKind::Rate, context))
}
