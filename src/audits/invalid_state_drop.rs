//! `invalid-state-drop`.

use super::{
    Audit, Check, Problem, Severity, counts,
    judge::{Fate, Judged, Piece},
    problem,
};
use crate::{
    model::{Field, Step, Test},
    simulate::{conntrack::INVALID, outcome::Decision},
    site::Site,
};

/// What connection tracking can't place.
pub const AUDIT: Audit = Audit {
    code: "invalid-state-drop",
    summary: "packets of the exchange are invalid to connection tracking, and a rule drops those",
    explanation: "\
Connection tracking calls invalid what fits no connection that it knows: an answer whose question took another way (asymmetric routing), packets of a connection that it was not asked to
track or has forgotten, a SYN with other flags. \"ct state invalid drop\" (-m conntrack --ctstate INVALID -j DROP) stops them, mostly long before a rule that would accept the port. Let both
directions take the same way, exempt both from tracking (notrack), or accept what the flow needs before the rule. net.netfilter.nf_conntrack_tcp_loose and
nf_conntrack_tcp_be_liberal decide what of TCP is invalid.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let title = format!("a part of the exchange with {} is invalid to connection tracking", judged.to());
    problem(title, judged, |leg, piece| counts(leg) && piece.fate == Fate::Stopped && is_invalid(site, judged, piece))
}

/// Whether a rule that asks for the state of the connection stops what is invalid.
fn is_invalid(site: &Site, judged: &Judged, piece: &Piece) -> bool {
    let state = piece.outcome.changed.get(Field::CtState);
    let Decision::Rule { rule, .. } = &piece.outcome.decided_by else { return false };
    let chain = site.chain(judged.version, rule.chain);
    let asks = chain.and_then(|chain| chain.rules.get(rule.index as usize)).is_some_and(|rule| rule.steps.iter().any(asks_for_invalid));
    asks && state.is_some_and(|bits| bits.as_constant() == Some(INVALID))
}

fn asks_for_invalid(step: &Step) -> bool {
    matches!(step, Step::Test(Test::In { field: Field::CtState, values }) if values.contains(INVALID) && !values.is_all())
}
