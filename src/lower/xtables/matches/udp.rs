//! `-m udp` and `-m udplite` (`udp_mt`, xt_tcpudp.c).

use super::{Meaning, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test},
    ruleset::xtables::matches::Udp,
};

/// Bytes of a UDP header.
const HEADER: usize = 8;

/// Ports in their ranges.
#[must_use]
pub fn meaning(udp: &Udp, context: &mut Context<'_>) -> Meaning {
    Meaning {
        hotdrop: ports::too_short(HEADER, context),
        ..Meaning::test(Test::all([
            ports::within(Field::SourcePort, udp.source, context),
            ports::within(Field::DestinationPort, udp.destination, context),
            ports::has_header(context),
        ]))
    }
}
