//! `-m hashlimit` (`hashlimit_mt_common`, xt_hashlimit.c).

use super::{Meaning, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Hashlimit},
};

/// Protocols whose ports are part of the key (`hashlimit_init_dst`): the kernel reads four bytes of them.
const WITH_PORTS: [u128; 7] = [6, 17, 33, 50, 51, 132, 136];

/// Whether credit is left for the packet's key. Where the key's ports can't be read the packet is dropped.
#[must_use]
pub fn meaning(each: &Match, hashlimit: &Hashlimit, context: &mut Context<'_>) -> Meaning {
    let holds = undecided(each, ConditionKind::Rate, context);
    if !hashlimit.by.source_port && !hashlimit.by.destination_port {
        return Meaning::test(holds);
    }
    let with_ports = Test::is(Field::Protocol, Values::from_ranges(8, WITH_PORTS.map(|number| (number, number))));
    Meaning { hotdrop: Test::all([with_ports, ports::too_short(4, context)]), ..Meaning::test(holds) }
}
