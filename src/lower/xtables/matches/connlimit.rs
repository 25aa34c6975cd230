//! `-m connlimit` (`connlimit_mt`, xt_connlimit.c).

use super::{Meaning, undecided};
use crate::{lower::context::Context, model::step::ConditionKind, ruleset::xtables::Match};

/// How many connections there are is not known.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(undecided(each, ConditionKind::Connections, context))
}
