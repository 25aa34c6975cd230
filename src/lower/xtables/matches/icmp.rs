//! `-m icmp` (`icmp_match`, ip_tables.c) and `-m icmp6` (`icmp6_match`, ip6_tables.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Test, Values},
    ruleset::xtables::matches::Icmp,
};

/// Bytes of an ICMP header.
const HEADER: usize = 8;

/// Type and code; only of IPv4 type 255 is any.
#[must_use]
pub fn meaning(icmp: &Icmp, context: &mut Context<'_>) -> Meaning {
    let [low, high] = [icmp.codes.0, icmp.codes.1].map(|code| u128::from(icmp.kind) << 8 | u128::from(code));
    let found = match icmp.kind {
        255 if icmp.version == IpVersion::V4 => Test::Always,
        _ if low > high => Test::Never,
        _ => Test::is(Field::SourcePort, Values::range(16, low, high)),
    };
    Meaning {
        hotdrop: ports::too_short(HEADER, context),
        ..Meaning::test(Test::all([either(found, icmp.inverted), ports::has_header(context)]))
    }
}
