//! `-m mac` (`mac_mt`, xt_mac.c).

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, bits::number},
    ruleset::xtables::matches::Mac,
};

/// `ARPHRD_ETHER`.
const ETHERNET: u16 = 1;

/// The sender's hardware address, of what came in by Ethernet: on loopback it does not hold, inverted or not.
#[must_use]
pub fn meaning(mac: &Mac, context: &Context<'_>) -> Meaning {
    let source = mac.source.map_or(Test::Never, |source| Test::is(Field::LinkSource, Values::one(48, number(&source))));
    Meaning::test(Test::all([on_ethernet(context), either(source, mac.inverted)]))
}

/// It came in by an interface that has Ethernet's header.
pub fn on_ethernet(context: &Context<'_>) -> Test {
    let links = context.network.links.iter().filter(|link| link.hardware == ETHERNET).map(|link| u128::from(link.index));
    Test::is(Field::InInterface, Values::from_ranges(32, links.map(|index| (index, index))))
}
