//! `-m statistic` (`statistic_mt`, xt_statistic.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Test, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{Statistic, statistic::Mode},
    },
};

/// The probability of every packet: the kernel compares with a number of 31 bits.
const WHOLE: u32 = 1 << 31;

/// Chance, but where it is all or nothing.
#[must_use]
pub fn meaning(each: &Match, statistic: &Statistic, context: &mut Context<'_>) -> Meaning {
    Meaning::test(match statistic.mode {
        Mode::Random { probability: 0 } | Mode::None => Test::certain(statistic.inverted),
        Mode::Random { probability: WHOLE.. } | Mode::Nth { every: 1, .. } => Test::certain(!statistic.inverted),
        _ => undecided(each, ConditionKind::Chance, context),
    })
}
