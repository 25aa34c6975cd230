//! `-j TCPMSS` (`tcpmss_mangle_packet`, xt_TCPMSS.c), of rules for TCP packets with SYN (`tcpmss_tg4_check`).
//!
//! A SYN that has neither a segment size nor data gets the option, and with it four more bytes.

use crate::{
    lower::{context::Context, xtables::matches::ports},
    model::{Field, Step, Test, Values, step::ConditionKind},
};

/// Bytes of a TCP header without options; bytes of the option, its kind.
const HEADER: usize = 20;
const OPTION: i32 = 4;
const KIND: u128 = 2;

/// A header that can't be one is dropped. One that claims more bytes than the packet has would be, too; no packet here has one.
#[must_use]
pub fn meaning(context: &mut Context<'_>) -> Vec<Step> {
    let network = context.headers.network_length();
    let whole = ports::has_header(context);
    let impossible = Test::is(Field::DataOffset, Values::range(4, 0, 4));
    let dropped = Test::any([ports::shorter(HEADER, context), impossible]);
    // No data, and room for another word of options.
    let bare = Test::any((5..15).map(|words| {
        let length = (network as u128) + 4 * words;
        Test::all([Test::is(Field::DataOffset, Values::one(4, words)), Test::is(Field::Length, Values::one(16, length))])
    }));
    let mut steps = vec![Step::Test(whole), Step::Hotdrop(dropped)];
    // Linux sends the segment size as the first option.
    let first = Test::all([
        Test::is(Field::DataOffset, Values::range(4, 6, 15)),
        Test::is(Field::Transport(20), Values::one(8, KIND)),
        Test::is(Field::Transport(21), Values::one(8, OPTION as u128)),
    ]);
    let later = context.condition(ConditionKind::Unknown, "the SYN has a segment size among its options");
    let there = Test::any([first, Test::all([Test::is(Field::DataOffset, Values::range(4, 6, 15)), Test::Condition(later)])]);
    let condition = context.condition(ConditionKind::Unknown, "the length after TCPMSS may have added an option");
    let changes = [(Field::Length, OPTION), (Field::DataOffset, OPTION / 4)].into();
    steps.push(Step::Add { changes, when: Box::new(Test::all([bare, there.negate()])), condition });
    steps
}
