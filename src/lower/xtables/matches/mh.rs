//! `-m mh` of ip6tables (`mh_mt6`, ip6t_mh.c).

use super::{Meaning, either, ports};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::Mh,
};

/// Bytes of `struct ip6_mh`.
const HEADER: usize = 6;

/// `IPPROTO_NONE`.
const NONE: u128 = 59;

/// The third byte is in the range. The first one has to say that nothing follows, or the packet is dropped.
#[must_use]
pub fn meaning(mh: &Mh, context: &mut Context<'_>) -> Meaning {
    let header = ports::has_header(context);
    let nothing_follows = Test::is(Field::SourcePort, Values::range(16, NONE << 8, NONE << 8 | 0xff));
    let (low, high) = mh.types;
    let kind = if low > high {
        Test::Never
    } else {
        Test::is(Field::DestinationPort, Values::range(16, u128::from(low) << 8, u128::from(high) << 8 | 0xff))
    };
    let followed = Test::all([header.clone(), nothing_follows.negate()]);
    Meaning {
        hotdrop: Test::any([ports::too_short(HEADER, context), followed]),
        ..Meaning::test(Test::all([header, either(kind, mh.inverted)]))
    }
}
