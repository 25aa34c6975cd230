//! `-m devgroup` (`devgroup_mt`, xt_devgroup.c).

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values},
    ruleset::xtables::matches::{Devgroup, devgroup::Group},
};

/// The groups of both interfaces; bits of a group beyond the mask do not matter.
#[must_use]
pub fn meaning(devgroup: &Devgroup, context: &Context<'_>) -> Meaning {
    let of = |field: Field, group: Option<Group>| {
        group.map_or(Test::Always, |Group { group, mask, inverted }| {
            let links = context.network.links.iter().filter(|link| (link.group ^ group) & mask == 0).map(|link| u128::from(link.index));
            either(Test::is(field, Values::from_ranges(32, links.map(|index| (index, index)))), inverted)
        })
    };
    Meaning::test(Test::all([of(Field::InInterface, devgroup.incoming), of(Field::OutInterface, devgroup.outgoing)]))
}
