//! `-m ipcomp` (`comp_mt`, xt_ipcomp.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::Ipcomp,
};

/// Bytes of `struct ip_comp_hdr`.
const HEADER: usize = 4;

/// The index, bytes 2 and 3 of the header, is in the range.
#[must_use]
pub fn meaning(ipcomp: &Ipcomp, context: &mut Context<'_>) -> Meaning {
    let (low, high) = ipcomp.indices;
    let last = u32::from(u16::MAX);
    let index = if low > high || low > last {
        Test::Never
    } else {
        Test::is(Field::DestinationPort, Values::range(16, low.into(), high.min(last).into()))
    };
    Meaning {
        hotdrop: ports::too_short(HEADER, context),
        ..Meaning::test(Test::all([ports::has_header(context), either(index, ipcomp.inverted)]))
    }
}
