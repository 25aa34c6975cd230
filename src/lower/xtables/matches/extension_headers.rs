//! Extension headers of IPv6, which packets are modelled without: a rule about one holds only where it may be the packet's protocol.

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, step::ConditionKind},
    ruleset::xtables::Match,
};

/// `IPPROTO_*`.
pub const HOP_BY_HOP: u128 = 0;
pub const ROUTING: u128 = 43;
pub const DESTINATION: u128 = 60;

/// The header of this protocol is there, and what is asked of it may be so.
pub fn meaning(each: &Match, protocol: u128, context: &mut Context<'_>) -> Meaning {
    let there = context.common(Field::Protocol, protocol, protocol);
    Meaning::test(Test::all([there, undecided(each, ConditionKind::Unknown, context)]))
}
