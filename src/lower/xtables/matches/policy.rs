//! `-m policy` (`policy_mt`, xt_policy.c).

use super::{Meaning, text};
use crate::{
    lower::{
        context::Context,
        ipsec::{self, Way},
    },
    ruleset::xtables::{Match, matches::Policy},
};

/// Packets that are not protected are `--pol none`, whatever else is asked.
#[must_use]
pub fn meaning(each: &Match, policy: &Policy, context: &mut Context<'_>) -> Meaning {
    let way = if policy.incoming == Some(true) { Way::In } else { Way::Out };
    let protected = ipsec::may_be_protected(way, text(each, context), context);
    Meaning::test(if policy.none { protected.negate() } else { protected })
}
