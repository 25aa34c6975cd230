//! `-m socket` (`socket_match`, xt_socket.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::Match,
};

/// A socket can be found for TCP and UDP, and for errors of ICMP about them; whether there is one is not known.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    let may_be = Values::from_ranges(8, [1, 6, 17, 58].map(|number| (number, number)));
    Meaning::test(Test::all([Test::is(Field::Protocol, may_be), undecided(each, ConditionKind::Unknown, context)]))
}
