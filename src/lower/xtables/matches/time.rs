//! `-m time` (`time_mt`, xt_time.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Test, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{
            Time,
            time::{ALL_MONTH_DAYS, ALL_WEEK_DAYS, DAY_END},
        },
    },
};

/// Only the clock decides, but where every time fits, or none.
#[must_use]
pub fn meaning(each: &Match, time: &Time, context: &mut Context<'_>) -> Meaning {
    let never = time.from > time.to || time.week_days & ALL_WEEK_DAYS == 0 || time.month_days & ALL_MONTH_DAYS == 0;
    let all_day = time.day_from == time.day_to || (time.day_from, time.day_to) == (0, DAY_END);
    let every_day = time.week_days & ALL_WEEK_DAYS == ALL_WEEK_DAYS && time.month_days == ALL_MONTH_DAYS;
    // Without an end that is said, it is that of a signed number of 32 bits.
    let ever = time.from == 0 && time.to >= i32::MAX as u32;
    Meaning::test(match () {
        () if never => Test::Never,
        () if all_day && every_day && ever => Test::Always,
        () => undecided(each, ConditionKind::Unknown, context),
    })
}
