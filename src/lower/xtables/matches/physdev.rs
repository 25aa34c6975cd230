//! `-m physdev` (`physdev_mt`, xt_physdev.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{Match, matches::Physdev},
};

/// What has not come in by a bridge has no ports of one: then it holds if everything that is asked is inverted. What has may have them if
/// bridges call iptables, which is left open.
#[must_use]
pub fn meaning(each: &Match, physdev: &Physdev, context: &mut Context<'_>) -> Meaning {
    let named = |interface: Option<_>| interface.map(|each: crate::ruleset::xtables::header::Interface| each.inverted);
    let asked = [physdev.is_bridged, physdev.is_incoming, physdev.is_outgoing, named(physdev.incoming), named(physdev.outgoing)];
    let without = Test::certain(asked.into_iter().flatten().all(|inverted| inverted));
    let bridges = context.network.links.iter().filter(|link| link.kind.as_deref() == Some("bridge")).map(|link| u128::from(link.index));
    let by_bridge = Test::is(Field::InInterface, Values::from_ranges(32, bridges.map(|index| (index, index))));
    if matches!(by_bridge, Test::Never) {
        return Meaning::test(without);
    }
    let ports = undecided(each, ConditionKind::Unknown, context);
    Meaning::test(Test::any([Test::all([by_bridge.clone(), ports]), Test::all([by_bridge.negate(), without])]))
}
