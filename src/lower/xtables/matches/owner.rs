//! `-m owner` (`owner_mt`, xt_owner.c).

use super::{Meaning, either};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::matches::{Owner, owner::Ids},
};

/// The user and group of the sending socket. What this host forwards has none: then it holds if everything that is asked is inverted.
#[must_use]
pub fn meaning(owner: &Owner, context: &mut Context<'_>) -> Meaning {
    let has_socket = context.common(Field::InInterface, 0, 0);
    let inverted = |ids: Option<Ids>| ids.is_none_or(|ids| ids.inverted);
    let without = inverted(owner.user) && inverted(owner.group) && owner.socket.unwrap_or(true) && !owner.supplementary;
    let of_socket = if owner.socket == Some(true) {
        Test::Never
    } else {
        let group = owner.group.map_or(Test::Always, |ids| either(group(ids, owner.supplementary, context), ids.inverted));
        Test::all([owner.user.map_or(Test::Always, |ids| either(within(Field::Uid, ids), ids.inverted)), group])
    };
    Meaning::test(Test::any([Test::all([has_socket.clone(), of_socket]), Test::all([has_socket.negate(), Test::certain(without)])]))
}

/// The sender's own group, or one of its others, which are not known.
fn group(ids: Ids, supplementary: bool, context: &mut Context<'_>) -> Test {
    let own = within(Field::Gid, ids);
    if !supplementary {
        return own;
    }
    let others = context.condition(ConditionKind::Unknown, format!("a supplementary group of the sender is of {}-{}", ids.low, ids.high));
    Test::any([own, Test::Condition(others)])
}

fn within(field: Field, ids: Ids) -> Test {
    if ids.low > ids.high { Test::Never } else { Test::is(field, Values::range(32, ids.low.into(), ids.high.into())) }
}
