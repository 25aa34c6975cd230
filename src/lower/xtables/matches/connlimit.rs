//! `-m connlimit` (`connlimit_mt`, xt_connlimit.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::step::ConditionKind,
    ruleset::xtables::{Match, matches::Connlimit},
};

/// How many connections there are is not known.
#[must_use]
pub fn meaning(each: &Match, connlimit: &Connlimit, context: &mut Context<'_>) -> Meaning {
    let holds = undecided(each, ConditionKind::Connections, context);
    if connlimit.by_destination != Some(true) && connlimit.mask != 0 {
        context.by_sender();
    }
    Meaning::test(holds)
}
