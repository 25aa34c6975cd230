//! `-j SECMARK` (`secmark_tg`, xt_SECMARK.c) and `-j CONNSECMARK` (`secmark_restore`, xt_CONNSECMARK.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Step, step::ConditionKind},
};

/// The security mark becomes a number that SELinux has for a label.
#[must_use]
pub fn meaning(text: String, context: &mut Context<'_>) -> Vec<Step> {
    let condition = context.condition(ConditionKind::Unknown, text);
    let bits = Box::new(Bits::field(Field::Register(0), context.version));
    vec![Step::Free { first: 0, words: 1, modulus: None, offset: 0, condition }, Step::Write { field: Field::SecMark, bits }]
}
