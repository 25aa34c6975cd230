//! `-m frag` of ip6tables (`frag_mt6`, ip6t_frag.c).

use super::{Meaning, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, step::ConditionKind},
    ruleset::xtables::{Match, matches::Frag},
};

/// Of a packet without offset it is not known whether it is a first fragment; what the header says else is not modelled.
#[must_use]
pub fn meaning(each: &Match, frag: &Frag, context: &mut Context<'_>) -> Meaning {
    let first = if frag.first { context.common(Field::FragmentOffset, 0, 0) } else { Test::Always };
    Meaning::test(Test::all([first, undecided(each, ConditionKind::Unknown, context)]))
}
