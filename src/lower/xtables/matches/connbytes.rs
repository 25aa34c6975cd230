//! `-m connbytes` (`connbytes_mt`, xt_connbytes.c).

use super::{Meaning, undecided};
use crate::{
    lower::{context::Context, nft::has_connection},
    model::{Test, step::ConditionKind},
    ruleset::xtables::Match,
};

/// What the connection has carried is not known; without one it never holds, inverted or not.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(Test::all([has_connection(), undecided(each, ConditionKind::Quota, context)]))
}
