//! `-m cgroup` (`cgroup_mt_v0` to `cgroup_mt_v2`, xt_cgroup.c).

use super::{Meaning, either, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::{
        Match,
        matches::{Cgroup, cgroup::Group},
    },
};

/// Protocols whose sockets are found early.
const TCP: u128 = 6;
const UDP: u128 = 17;

/// The group of the packet's socket; without one it never holds, inverted or not. What this host sends has a socket; what comes in to stay
/// may have one, once its connection is established (early demultiplexing).
#[must_use]
pub fn meaning(cgroup: &Cgroup, context: &mut Context<'_>) -> Meaning {
    let sent = context.common(Field::InInterface, 0, 0);
    let established = Test::is(Field::CtState, Values::one(32, 8).complement());
    let demultiplexed = context.condition(ConditionKind::Unknown, "a socket found by early demultiplexing");
    let stays = Test::all([sent.clone().negate(), context.common(Field::OutInterface, 0, 0)]);
    let early = Test::is(Field::Protocol, Values::one(8, TCP).or(&Values::one(8, UDP)));
    let received = Test::all([stays, early, established, Test::Condition(demultiplexed)]);
    let group = match &cgroup.group {
        Group::Class(class) => Test::is(Field::Cgroup, Values::one(32, (*class).into())),
        // The root holds every group.
        Group::Path(path) if path.chars().all(|char| char == '/') => Test::Always,
        Group::Path(_) => {
            let plain = Cgroup { inverted: false, ..cgroup.clone() };
            undecided(&Match::Cgroup(Box::new(plain)), ConditionKind::Unknown, context)
        }
    };
    Meaning::test(Test::all([Test::any([sent, received]), either(group, cgroup.inverted)]))
}
