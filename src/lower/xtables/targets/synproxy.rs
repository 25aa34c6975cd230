//! `-j SYNPROXY` (`synproxy_tg4`, ipt_SYNPROXY.c; `synproxy_tg6`, ip6t_SYNPROXY.c), of rules for TCP packets.

use crate::{
    lower::{context::Context, xtables::matches::ports},
    model::{Field, Step, Test, Values, Verdict, step::ConditionKind},
};

const HEADER: usize = 20;

/// A SYN is answered and taken out of the path. A bare ACK is taken, too, if it answers such an answer, else dropped. All others go on.
#[must_use]
pub fn meaning(context: &mut Context<'_>) -> Vec<Step> {
    let flags = |mask, value| Test::is(Field::TcpFlags, Values::masked(8, mask, value));
    // FIN 1, SYN 2, RST 4, ACK 16.
    let (syn, ack) = (flags(0x12, 0x02), flags(0x17, 0x10));
    let known = context.condition(ConditionKind::Unknown, "the ACK answers a handshake of SYNPROXY");
    let stray = Test::all([ack.clone(), Test::Condition(known).negate()]);
    vec![
        Step::Hotdrop(Test::any([ports::shorter(HEADER, context), stray])),
        Step::Test(Test::any([syn, ack])),
        Step::Verdict(Verdict::Stolen),
    ]
}
