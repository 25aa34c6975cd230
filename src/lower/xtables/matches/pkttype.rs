//! `-m pkttype` (`pkttype_mt`, xt_pkttype.c).

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, IpVersion, Test, Values},
    ruleset::xtables::matches::Pkttype,
};

/// `PACKET_BROADCAST`, `PACKET_MULTICAST`, `PACKET_LOOPBACK`.
const BROADCAST: u128 = 1;
const MULTICAST: u128 = 2;
const LOOPBACK: u128 = 5;

/// Whom the frame was addressed to. What loops back is multicast or, of IPv4 to any other address, broadcast.
#[must_use]
pub fn meaning(pkttype: &Pkttype, context: &Context<'_>) -> Meaning {
    let Some(wanted) = pkttype.kind.and_then(|kind| u8::try_from(kind).ok()).map(u128::from) else {
        return Meaning::test(either(Test::Never, pkttype.inverted));
    };
    let is = |kind: u128| Test::is(Field::PacketType, Values::one(8, kind));
    let to_many = match context.version {
        IpVersion::V4 => Test::is(Field::Destination, Values::masked(32, 0xf000_0000, 0xe000_0000)),
        IpVersion::V6 => Test::Always,
    };
    let looped = match wanted {
        MULTICAST => to_many,
        BROADCAST => to_many.negate(),
        _ => Test::Never,
    };
    let direct = if wanted == LOOPBACK { Test::Never } else { is(wanted) };
    Meaning::test(either(Test::any([direct, Test::all([is(LOOPBACK), looped])]), pkttype.inverted))
}
