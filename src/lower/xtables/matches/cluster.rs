//! `-m cluster` (`xt_cluster_mt`, xt_cluster.c).

use super::{Meaning, undecided};
use crate::{
    lower::{context::Context, nft::has_connection},
    model::{Test, step::ConditionKind},
    ruleset::xtables::Match,
};

/// To which node the hash assigns the connection; what has none is of no node.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    Meaning::test(Test::all([has_connection(), undecided(each, ConditionKind::Chance, context)]))
}
