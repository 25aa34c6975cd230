//! `-m ttl` and `-m hl` (`ttl_mt`, `hl_mt6`, xt_hl.c).

use super::Meaning;
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::{Ttl, ttl::How},
};

/// Time to live, or hop limit.
#[must_use]
pub fn meaning(ttl: &Ttl) -> Meaning {
    let value = u128::from(ttl.value);
    let equal = || Test::is(Field::Ttl, Values::one(8, value));
    Meaning::test(match ttl.how {
        Some(How::Equal) => equal(),
        Some(How::Other) => equal().negate(),
        Some(How::Below) => value.checked_sub(1).map_or(Test::Never, |most| Test::is(Field::Ttl, Values::range(8, 0, most))),
        Some(How::Above) if value < 255 => Test::is(Field::Ttl, Values::range(8, value + 1, 255)),
        Some(How::Above) | None => Test::Never,
    })
}
