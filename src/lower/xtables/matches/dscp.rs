//! `-m dscp` (`dscp_mt`, `dscp_mt6`, xt_dscp.c).

use super::{Meaning, either};
use crate::{
    model::{Field, Test, Values},
    ruleset::xtables::matches::Dscp,
};

/// The differentiated services field.
#[must_use]
pub fn meaning(dscp: &Dscp) -> Meaning {
    let is = dscp.value.filter(|value| *value < 64).map_or(Test::Never, |value| Test::is(Field::Dscp, Values::one(6, value.into())));
    Meaning::test(either(is, dscp.inverted))
}
