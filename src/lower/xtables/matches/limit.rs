//! `-m limit` (`limit_mt`, xt_limit.c).

use super::{Meaning, undecided};
use crate::{lower::context::Context, model::step::ConditionKind, ruleset::xtables::Match};

/// Whether credit is left.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(undecided(each, ConditionKind::Rate, context))
}
