//! `-m string` (`string_mt`, xt_string.c; `skb_find_text`, skbuff.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Text},
};

/// What a packet carries is not known, but it has to be long enough to carry it.
#[must_use]
pub fn meaning(text: &Text, context: &mut Context<'_>) -> Meaning {
    let end = usize::from(text.from) + text.pattern.len();
    let mut plain = text.clone();
    plain.inverted = false;
    let found = if end > text.to.into() {
        Test::Never
    } else {
        let long = Test::is(Field::Length, Values::range(16, end as u128, u16::MAX.into()));
        Test::all([long, undecided(&Match::Text(Box::new(plain)), ConditionKind::Unknown, context)])
    };
    Meaning::test(either(found, text.inverted))
}
