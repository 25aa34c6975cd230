//! `-m tos` (`tos_mt`, xt_dscp.c).

use super::{Meaning, either};
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::Tos,
};

/// The byte under the mask: DSCP and ECN together. Never if the mask leaves out a bit of the value.
#[must_use]
pub fn meaning(tos: &Tos) -> Meaning {
    let (value, mask) = tos.tos.unwrap_or_default();
    let part = |field: Field, width: u8, shift: u8, bits: u8| {
        Test::is(field, Values::masked(width, (mask >> shift & bits).into(), (value >> shift & bits).into()))
    };
    let is = if value & !mask != 0 { Test::Never } else { Test::all([part(Field::Dscp, 6, 2, 0x3f), part(Field::Ecn, 2, 0, 3)]) };
    Meaning::test(either(is, tos.inverted))
}
