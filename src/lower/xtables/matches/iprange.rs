//! `-m iprange` (`iprange_mt4`, `iprange_mt6`, xt_iprange.c).

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::{Iprange, iprange::Range},
};

/// Addresses in their ranges.
#[must_use]
pub fn meaning(iprange: &Iprange, context: &Context<'_>) -> Meaning {
    let within = |field: Field, range: Option<Range>| {
        range.map_or(Test::Always, |Range { low, high, inverted }| {
            let inside = if low > high { Test::Never } else { Test::is(field, Values::range(field.width(context.version), low, high)) };
            either(inside, inverted)
        })
    };
    Meaning::test(Test::all([within(Field::Source, iprange.source), within(Field::Destination, iprange.destination)]))
}
