//! `-m sctp` (`sctp_mt`, xt_sctp.c).

use super::{Meaning, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, step::ConditionKind},
    ruleset::xtables::{Match, matches::Sctp},
};

/// Bytes of the header.
const HEADER: usize = 12;

/// The ports. Which chunks follow, and whether they are whole, is left open.
#[must_use]
pub fn meaning(each: &Match, sctp: &Sctp, context: &mut Context<'_>) -> Meaning {
    let known = Test::all([
        ports::if_asked(Field::SourcePort, sctp.source, context),
        ports::if_asked(Field::DestinationPort, sctp.destination, context),
        ports::has_header(context),
    ]);
    let mut hotdrop = vec![ports::too_short(HEADER, context)];
    let mut holds = vec![known.clone()];
    if sctp.chunks.is_some() {
        hotdrop.push(Test::all([known, undecided(each, ConditionKind::Unknown, context)]));
        holds.push(undecided(each, ConditionKind::Unknown, context));
    }
    Meaning { hotdrop: Test::any(hotdrop), ..Meaning::test(Test::all(holds)) }
}
