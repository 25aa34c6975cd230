//! `-m policy` (`policy_mt`, xt_policy.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Test, step::ConditionKind},
    ruleset::xtables::{Match, matches::Policy},
};

/// What comes in is followed as it comes off the wire, so nothing has unpacked it: as if there were no IPsec. Whether a policy will protect
/// what goes out is left open.
#[must_use]
pub fn meaning(each: &Match, policy: &Policy, context: &mut Context<'_>) -> Meaning {
    match policy.incoming {
        Some(true) => Meaning::test(Test::certain(policy.none)),
        _ => Meaning::test(undecided(each, ConditionKind::Unknown, context)),
    }
}
