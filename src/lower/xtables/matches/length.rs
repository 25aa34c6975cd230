//! `-m length` (`length_mt`, `length_mt6`, xt_length.c).

use super::{Meaning, either};
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::Length,
};

/// The length of the whole packet.
#[must_use]
pub fn meaning(length: &Length) -> Meaning {
    let inside = match length.range {
        Some((low, high)) if low <= high => Test::is(Field::Length, Values::range(16, low.into(), high.into())),
        _ => Test::Never,
    };
    Meaning::test(either(inside, length.inverted))
}
