//! `-j MARK` (`mark_tg`, xt_mark.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Step},
    ruleset::xtables::targets::Mark,
};

/// `mark = (mark & ~mask) ^ value`.
#[must_use]
pub fn meaning(mark: &Mark, context: &Context<'_>) -> Vec<Step> {
    let kept = Bits::field(Field::Mark, context.version).and(&(!mark.mask).to_be_bytes());
    vec![Step::Write { field: Field::Mark, bits: Box::new(kept.xor(&mark.mark.to_be_bytes())) }]
}
