//! `-m ipvs` (`ipvs_mt`, xt_ipvs.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::step::ConditionKind,
    ruleset::xtables::{
        Match,
        matches::{Ipvs, ipvs::PROPERTY},
    },
};

/// Which packets IPVS has handled is not known; what else is asked is only asked of them.
#[must_use]
pub fn meaning(ipvs: &Ipvs, context: &mut Context<'_>) -> Meaning {
    let inverted = ipvs.asked == PROPERTY && ipvs.inverted & PROPERTY != 0;
    let plain = Ipvs { inverted: ipvs.inverted & !PROPERTY, ..ipvs.clone() };
    let handled = undecided(&Match::Ipvs(Box::new(plain)), ConditionKind::Unknown, context);
    Meaning::test(either(handled, inverted))
}
