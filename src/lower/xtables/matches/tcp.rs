//! `-m tcp` (`tcp_mt`, `tcp_find_option`, xt_tcpudp.c).

use super::{Meaning, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::matches::Tcp,
};

/// Bytes of a TCP header without options.
const HEADER: usize = 20;

/// Ports and flags in their ranges, and the option.
#[must_use]
pub fn meaning(tcp: &Tcp, context: &mut Context<'_>) -> Meaning {
    let evil = |context: &mut Context<'_>| Test::any([ports::evil_fragment(context.version), ports::too_short(HEADER, context)]);
    let mut hotdrop = context.shared(("tcp", HEADER), evil);
    let flags = if tcp.flags & !tcp.mask != 0 {
        Test::Never
    } else {
        Test::is(Field::TcpFlags, Values::masked(8, tcp.mask.into(), tcp.flags.into()))
    };
    let asked = [
        ports::within(Field::SourcePort, tcp.source, context),
        ports::within(Field::DestinationPort, tcp.destination, context),
        if tcp.flags_inverted { flags.negate() } else { flags },
        ports::has_header(context),
    ];
    let mut holds = vec![Test::all(asked)];
    if tcp.option != 0 {
        // A data offset that leaves no room for the header itself; only packets that fit so far are looked at.
        let impossible = Test::is(Field::DataOffset, Values::range(4, 0, 4));
        hotdrop = Test::any([hotdrop, Test::all([holds[0].clone(), impossible])]);
        holds.push(option(tcp, context));
    }
    Meaning { hotdrop, ..Meaning::test(Test::all(holds)) }
}

/// Without options there is none of any kind; which there are is not modelled.
fn option(tcp: &Tcp, context: &mut Context<'_>) -> Test {
    let some = Test::is(Field::DataOffset, Values::range(4, 6, 15));
    let there = context.condition(ConditionKind::Unknown, format!("TCP option {} is there", tcp.option));
    let there = Test::all([some, Test::Condition(there)]);
    if tcp.option_inverted { there.negate() } else { there }
}
