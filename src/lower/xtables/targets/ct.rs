//! `-j CT` and `-j NOTRACK` (`xt_ct_target`, xt_CT.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Step},
    ruleset::xtables::targets::Ct,
};

/// Only a packet that connection tracking has not seen is exempted, or gets a template. Of the template the zone matters; helper, timeout
/// and events decide nothing about this packet.
#[must_use]
pub fn meaning(ct: &Ct, context: &Context<'_>) -> Vec<Step> {
    if ct.exempts() {
        return vec![Step::Notrack];
    }
    let zone = match (ct.zone_of_original(), ct.zone_by_mark()) {
        (true, true) => Bits::field(Field::Mark, context.version).slice(16, 16),
        (true, false) => Bits::constant(16, ct.zone.into()),
        (false, _) => Bits::constant(16, 0),
    };
    vec![Step::Template { zone: Box::new(zone), untracked: false }]
}
