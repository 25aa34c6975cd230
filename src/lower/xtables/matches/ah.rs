//! `-m ah` (`ah_mt`, ipt_ah.c; `ah_mt6`, ip6t_ah.c).

use super::{Meaning, esp::spi, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Test, step::ConditionKind},
    ruleset::xtables::{Match, matches::Ah},
};

/// Bytes of the header.
const HEADER: usize = 12;

/// `IPPROTO_AH`.
const PROTOCOL: u128 = 51;

/// The index, behind four bytes. Packets of IPv6 have no such extension header here, unless one is told as their protocol.
#[must_use]
pub fn meaning(each: &Match, ah: &Ah, context: &mut Context<'_>) -> Meaning {
    if context.version == IpVersion::V6 {
        let there = context.common(Field::Protocol, PROTOCOL, PROTOCOL);
        return Meaning::test(Test::all([there, undecided(each, ConditionKind::Unknown, context)]));
    }
    let bits = context.headers.transport(4, 4);
    Meaning {
        hotdrop: ports::too_short(HEADER, context),
        ..Meaning::test(Test::all([spi(&bits, ah.spis, context), ports::has_header(context)]))
    }
}
