//! `-m time` (`time_mt`, xt_time.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{
            Time,
            time::{ALL_MONTH_DAYS, ALL_WEEK_DAYS, DAY_END, NEVER},
        },
    },
};

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;

/// The clock is a fact that all rules agree on, in UTC; the kernel's time zone is not known, and days of the month are not modelled.
#[must_use]
pub fn meaning(each: &Match, time: &Time, context: &mut Context<'_>) -> Meaning {
    if time.kernel_zone {
        return Meaning::test(undecided(each, ConditionKind::Unknown, context));
    }
    let mut asked = Vec::new();
    if (time.from, time.to) != (0, NEVER) {
        asked.push(if time.from > time.to {
            Test::Never
        } else {
            Test::is(Field::Time, Values::range(64, SECOND * u128::from(time.from), SECOND * (u128::from(time.to) + 1) - 1))
        });
    }
    asked.push(daytime(time));
    if time.month_days != ALL_MONTH_DAYS {
        asked.push(undecided(each, ConditionKind::Unknown, context));
    }
    Meaning::test(Test::all(asked))
}

/// Time and day of the week; `--contiguous` counts what is after midnight to the day before.
fn daytime(time: &Time) -> Test {
    let (from, to) = (u128::from(time.day_from), u128::from(time.day_to));
    let hours = |low, high| Test::is(Field::Hour, Values::range(32, low, high));
    if from < to {
        return Test::all([if (from, to) == (0, DAY_END.into()) { Test::Always } else { hours(from, to) }, days(time, 0)]);
    }
    let whole = if from == to { hours(0, DAY_END.into()) } else { Test::any([hours(0, to), hours(from, DAY_END.into())]) };
    if !time.contiguous {
        return Test::all([whole, days(time, 0)]);
    }
    let later = hours(to + 1, u32::MAX.into());
    Test::all([whole, Test::any([Test::all([hours(0, to), days(time, 1)]), Test::all([later, days(time, 0)])])])
}

/// The days of the week, so many days later; the field counts from Sunday.
fn days(time: &Time, later: u32) -> Test {
    if time.week_days & ALL_WEEK_DAYS == ALL_WEEK_DAYS {
        return Test::Always;
    }
    let days = (1..8_u32).filter(|day| time.week_days & 1 << day != 0).map(|day| u128::from((day + later) % 7));
    Test::is(Field::Day, Values::from_ranges(8, days.map(|day| (day, day))))
}
