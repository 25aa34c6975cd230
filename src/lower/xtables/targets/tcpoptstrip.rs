//! `-j TCPOPTSTRIP` (`tcpoptstrip_mangle_packet`, xt_TCPOPTSTRIP.c), of rules for TCP packets.

use crate::{
    lower::{context::Context, xtables::matches::ports},
    model::{Bits, Field, Step, Test, Values, step::ConditionKind},
};

/// Bytes of a TCP header without options, and with all that there is room for.
const HEADER: u16 = 20;
const LONGEST: u16 = 60;

/// Options become no-operations; which bytes they are is not modelled, but that a packet without options has none. A packet without room
/// for a header is dropped.
#[must_use]
pub fn meaning(context: &mut Context<'_>) -> Vec<Step> {
    let whole = ports::has_header(context);
    let dropped = ports::shorter(HEADER.into(), context);
    let condition = context.condition(ConditionKind::Unknown, "bytes of TCP options after TCPOPTSTRIP");
    let mut steps = vec![Step::Test(whole), Step::Hotdrop(dropped), Step::Test(Test::is(Field::DataOffset, Values::range(4, 6, 15)))];
    for byte in HEADER..LONGEST {
        if byte % 4 == 0 {
            steps.push(Step::Free { first: 0, words: 1, modulus: None, offset: 0, condition });
        }
        let register = Bits::field(Field::Register(0), context.version);
        let bits = register.slice(8 * usize::from(byte % 4), 8);
        steps.push(Step::Write { field: Field::Transport(byte), bits: Box::new(bits) });
    }
    steps
}
