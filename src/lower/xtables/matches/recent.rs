//! `-m recent` (`recent_mt`, xt_recent.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Test, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{Recent, recent::SET},
    },
};

/// `--set` holds always, for then the address is in the list; whether it was there already is not known.
#[must_use]
pub fn meaning(each: &Match, recent: &Recent, context: &mut Context<'_>) -> Meaning {
    Meaning::test(match recent.operations & SET {
        0 => undecided(each, ConditionKind::Learned, context),
        _ => Test::certain(!recent.inverted),
    })
}
