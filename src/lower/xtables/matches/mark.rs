//! `-m mark` (`mark_mt`, xt_mark.c).

use super::Meaning;
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::Mark,
};

/// The mark under the mask is this; never if the mask leaves out a bit of it.
#[must_use]
pub fn meaning(mark: &Mark) -> Meaning {
    let test = masked(Field::Mark, mark.mark, mark.mask);
    Meaning::test(if mark.inverted { test.negate() } else { test })
}

/// `field & mask == value`.
#[must_use]
pub fn masked(field: Field, value: u32, mask: u32) -> Test {
    if value & !mask != 0 { Test::Never } else { Test::is(field, Values::masked(32, mask.into(), value.into())) }
}
