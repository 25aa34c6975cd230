//! `-j TTL` and `-j HL` (`ttl_tg`, `hl_tg6`, xt_HL.c).

use crate::{
    lower::context::Context,
    model::{Bits, Field, Step, Test, step::ConditionKind},
    ruleset::xtables::targets::{Ttl, ttl::Change},
};

/// It stays within 0 to 255; nothing is dropped for it here.
#[must_use]
pub fn meaning(ttl: &Ttl, context: &mut Context<'_>) -> Vec<Step> {
    let by = match ttl.change {
        Some(Change::Set(number)) => {
            return vec![Step::Write { field: Field::Ttl, bits: Box::new(Bits::constant(8, number.into())) }];
        }
        Some(Change::Increase(number)) => i32::from(number),
        Some(Change::Decrease(number)) => -i32::from(number),
        None => return Vec::new(),
    };
    let condition = context.condition(ConditionKind::Unknown, "the hop limit after it was changed by a number");
    vec![Step::Add { changes: [(Field::Ttl, by)].into(), when: Box::new(Test::Always), condition }]
}
