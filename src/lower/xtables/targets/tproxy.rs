//! `-j TPROXY` (`tproxy_tg4`, `tproxy_tg6_v1`, xt_TPROXY.c), of rules for TCP or UDP packets.

use crate::{
    lower::{context::Context, xtables::matches::ports},
    model::{Bits, Field, Step, Test, Verdict, step::ConditionKind},
    ruleset::xtables::targets::Tproxy,
};

/// Bytes of a UDP header, which is what it reads of both.
const HEADER: usize = 8;

/// Accepted with the mark if a transparent socket takes the packet, else dropped.
#[must_use]
pub fn meaning(tproxy: &Tproxy, text: &str, context: &mut Context<'_>) -> Vec<Step> {
    let condition = context.condition(ConditionKind::Unknown, format!("{text}: a transparent socket listens"));
    let dropped = Test::any([ports::shorter(HEADER, context), Test::Condition(condition).negate()]);
    let kept = Bits::field(Field::Mark, context.version).and(&(!tproxy.mask).to_be_bytes());
    vec![
        Step::Hotdrop(dropped),
        Step::Write { field: Field::Mark, bits: Box::new(kept.xor(&tproxy.mark.to_be_bytes())) },
        Step::Verdict(Verdict::Accept),
    ]
}
