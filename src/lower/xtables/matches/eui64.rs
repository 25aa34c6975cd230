//! `-m eui64` (`eui64_mt6`, ip6t_eui64.c).

use super::{Meaning, mac::on_ethernet, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::Match,
};

/// What stands between both halves of the hardware address, and where in the IPv6 address.
const BETWEEN: u128 = 0xfffe << 24;
const PLACE: u128 = 0xffff << 24;

/// Only an address with `ff:fe` in its middle can be made of a hardware address; whether it is the sender's is left open.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    let made_of_one = Test::is(Field::Source, Values::masked(128, PLACE, BETWEEN));
    let of_the_sender = undecided(each, ConditionKind::Unknown, context);
    Meaning::test(Test::all([on_ethernet(context), made_of_one, of_the_sender]))
}
