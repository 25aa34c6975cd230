//! `-m osf` of iptables (`xt_osf_match_packet`, xt_osf.c; `nf_osf_hdr_ctx_init`, nfnetlink_osf.c).

use super::{Meaning, ports, undecided};
use crate::{
    lower::context::Context,
    model::{Field, Test, Values, step::ConditionKind},
    ruleset::xtables::Match,
};

/// TCP's SYN.
const SYN: u128 = 2;

/// Only packets with SYN are looked at; the fingerprints that the kernel was given are not known.
#[must_use]
pub fn meaning(each: &Match, context: &mut Context<'_>) -> Meaning {
    let syn = Test::is(Field::TcpFlags, Values::masked(8, SYN, SYN));
    let looked_at = Test::all([ports::has_header(context), syn]);
    Meaning::test(Test::all([looked_at, undecided(each, ConditionKind::Unknown, context)]))
}
