//! `-m ecn` (`ecn_mt4`, `ecn_mt6`, xt_ecn.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::Ecn,
};

/// Bytes of a TCP header without options.
const HEADER: usize = 20;

/// TCP flags.
const ECE: u128 = 0x40;
const CWR: u128 = 0x80;

/// The code point, and TCP's flags where its header is there. Later fragments are read as if they began with one.
#[must_use]
pub fn meaning(ecn: &Ecn, context: &mut Context<'_>) -> Meaning {
    let ip = ecn.ip.map(|(value, inverted)| either(Test::is(Field::Ecn, Values::one(2, (value & 3).into())), inverted || value > 3));
    let mut asked: Vec<Test> = ip.into_iter().collect();
    if ecn.ece.is_some() || ecn.cwr.is_some() {
        let fragment = Test::Condition(context.fragment_condition());
        asked.push(Test::any([ports::has_header(context), fragment]));
        asked.push(ports::shorter(HEADER, context).negate());
    }
    for (bit, flag) in [(ECE, ecn.ece), (CWR, ecn.cwr)] {
        asked.extend(flag.map(|inverted| either(Test::is(Field::TcpFlags, Values::masked(8, bit, bit)), inverted)));
    }
    Meaning::test(Test::all(asked))
}
