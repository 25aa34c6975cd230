//! `-j HMARK` (`hmark_tg_v4`, `hmark_tg_v6`, xt_HMARK.c).

use crate::{
    lower::{context::Context, nft::guards::has_connection},
    model::{Bits, Field, Step, step::ConditionKind},
    ruleset::xtables::targets::Hmark,
};

/// One of so many marks; the hash is not computed. By the connection nothing is done without one.
#[must_use]
pub fn meaning(hmark: &Hmark, text: String, context: &mut Context<'_>) -> Vec<Step> {
    let condition = context.condition(ConditionKind::Chance, text);
    let mark = Bits::field(Field::Register(0), context.version).swap_bytes(4);
    let mut steps = Vec::new();
    if hmark.of_connection() {
        steps.push(Step::Test(has_connection()));
    }
    steps.push(Step::Free { first: 0, words: 1, modulus: Some(hmark.modulus.max(1)), offset: hmark.offset, condition });
    steps.push(Step::Write { field: Field::Mark, bits: Box::new(mark) });
    steps
}
