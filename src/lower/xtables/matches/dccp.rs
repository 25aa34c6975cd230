//! `-m dccp` (`dccp_mt`, xt_dccp.c).

use super::{Meaning, either, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Dccp},
};

/// Bytes of the header.
const HEADER: usize = 12;

/// Where the type stands: byte 8, between three bits and one.
const TYPE_SHIFT: u8 = 25;

/// Ports and type. Which options follow, and whether they are whole, is left open.
#[must_use]
pub fn meaning(each: &Match, dccp: &Dccp, context: &mut Context<'_>) -> Meaning {
    let types = dccp.types.map_or(Test::Always, |(types, inverted)| {
        let kinds = (0_u8..16).filter(|kind| types & 1 << kind != 0);
        let is = |kind: u8| Test::is(Field::Acknowledgement, Values::masked(32, 0xf << TYPE_SHIFT, u128::from(kind) << TYPE_SHIFT));
        either(Test::any(kinds.map(is)), inverted)
    });
    let known = Test::all([
        ports::if_asked(Field::SourcePort, dccp.source, context),
        ports::if_asked(Field::DestinationPort, dccp.destination, context),
        ports::has_header(context),
        types,
    ]);
    let mut hotdrop = vec![ports::too_short(HEADER, context)];
    let mut holds = vec![known.clone()];
    if dccp.option.is_some() {
        hotdrop.push(Test::all([known, undecided(each, ConditionKind::Unknown, context)]));
        holds.push(undecided(each, ConditionKind::Unknown, context));
    }
    Meaning { hotdrop: Test::any(hotdrop), ..Meaning::test(Test::all(holds)) }
}
