//! `-m ipv6header` of ip6tables (`ipv6header_mt6`, ip6t_ipv6header.c).

use super::{Meaning, undecided};
use crate::{
    lower::{context::Context, nft::fragment},
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{Ipv6header, ipv6header::HEADERS},
    },
};

/// `MASK_ESP`, `MASK_NONE`, `MASK_PROTO`.
const ESP: u8 = 4;
const NONE: u8 = 2;
const PROTOCOL: u8 = 1;

/// Packets are modelled without extension headers: one whose protocol is none of them has only that. What ESP hides, or that nothing
/// follows, are headers of their own; of others, and of fragments, it is not known what follows them.
#[must_use]
pub fn meaning(each: &Match, header: &Ipv6header, context: &mut Context<'_>) -> Meaning {
    let extensions =
        HEADERS.iter().filter(|(_, bit, ..)| !matches!(*bit, PROTOCOL | ESP | NONE)).map(|(protocol, ..)| u128::from(*protocol));
    let extended = Test::is(Field::Protocol, Values::from_ranges(8, extensions.map(|number| (number, number))));
    let open = undecided(each, ConditionKind::Unknown, context);
    let mut known = Vec::new();
    for (bit, protocol) in [(ESP, 50), (NONE, 59)] {
        known.push(Test::all([context.common(Field::Protocol, protocol, protocol), Test::certain(fits(header, bit))]));
    }
    let special = Test::is(Field::Protocol, Values::from_ranges(8, [(50, 50), (59, 59)]));
    known.push(Test::all([special.negate(), Test::certain(fits(header, PROTOCOL))]));
    let plain = Test::all([fragment().negate(), extended.negate()]);
    Meaning::test(Test::any([Test::all([plain.clone(), Test::any(known)]), Test::all([plain.negate(), open])]))
}

/// A packet with these headers fits: the comparison at the end of `ipv6header_mt6`.
fn fits(header: &Ipv6header, there: u8) -> bool {
    let inverted = if header.inverted { u8::MAX } else { 0 };
    let differs = there ^ header.headers ^ inverted;
    if header.soft {
        differs & header.headers == 0
    } else if header.inverted {
        there != header.headers
    } else {
        there == header.headers
    }
}
