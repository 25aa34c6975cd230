//! `-m hashlimit` (`hashlimit_mt_common`, xt_hashlimit.c).

use super::{Meaning, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Hashlimit},
};

/// Protocols whose ports are part of the key (`proto_ports_offset`), and AH, where the same bytes lie behind four others.
const WITH_PORTS: [u128; 6] = [6, 17, 33, 50, 132, 136];
const AH: u128 = 51;

/// Whether credit is left for the packet's key. Where the key's ports can't be read the packet is dropped, and where the operator said how
/// many keys there may be, it may be for want of room.
#[must_use]
pub fn meaning(each: &Match, hashlimit: &Hashlimit, context: &mut Context<'_>) -> Meaning {
    let holds = undecided(each, ConditionKind::Rate, context);
    if hashlimit.by.source {
        context.by_sender();
    }
    let mut dropped = Vec::new();
    if hashlimit.by.source_port || hashlimit.by.destination_port {
        let with_ports = Test::is(Field::Protocol, Values::from_ranges(8, WITH_PORTS.map(|number| (number, number))));
        dropped.push(Test::all([with_ports, ports::shorter(4, context)]));
        dropped.push(Test::all([context.common(Field::Protocol, AH, AH), ports::shorter(8, context)]));
    }
    if hashlimit.most != 0 {
        let full = format!("the table of --hashlimit-name {} has its {} entries", hashlimit.name, hashlimit.most);
        dropped.push(Test::Condition(context.condition(ConditionKind::Rate, full)));
    }
    Meaning { hotdrop: Test::any(dropped), ..Meaning::test(holds) }
}
