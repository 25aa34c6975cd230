//! `-m multiport` (`multiport_mt`, xt_multiport.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::{Multiport, multiport::Side},
};

/// Bytes of both ports.
const PORTS: usize = 4;

/// A port in one of the ranges.
#[must_use]
pub fn meaning(multiport: &Multiport, context: &mut Context<'_>) -> Meaning {
    // A reversed range holds no port.
    let ranges = multiport.ranges.iter().filter(|(low, high)| low <= high);
    let values = Values::from_ranges(16, ranges.map(|&(low, high)| (low.into(), high.into())));
    let source = || Test::is(Field::SourcePort, values.clone());
    let destination = || Test::is(Field::DestinationPort, values.clone());
    let found = match multiport.side {
        Side::Source => source(),
        Side::Destination => destination(),
        Side::Either => Test::any([source(), destination()]),
        Side::Neither => Test::Never,
    };
    Meaning {
        hotdrop: ports::too_short(PORTS, context),
        ..Meaning::test(Test::all([either(found, multiport.inverted), ports::has_header(context)]))
    }
}
