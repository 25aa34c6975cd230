//! `rate-limit-on-proxy`.

use super::{
    Audit, Check, Problem, Severity, counts,
    judge::{Fate, Judged, Piece, Verdict},
    problem,
};
use crate::{
    gateway::Role,
    model::{Field, step::ConditionKind},
    simulate::outcome::{Decision, Undecided},
    site::Site,
};

/// All users have one limit between them.
pub const AUDIT: Audit = Audit {
    code: "rate-limit-on-proxy",
    summary: "a rate limit counts everybody who comes through the proxy as one",
    explanation: "\
Behind a proxy all users have one address: the proxy's. A limit for each source address (hashlimit by srcip, a meter or dynamic set by ip saddr, recent) on what the proxy sends, or on the
way in to a server behind it, is then one limit for all of them; and -m limit, or limit rate outside a set, is one for all in any case, however many addresses they have. At a
peak it stops connections of people who did nothing, and only then. Take the proxy's address out before the limit, count in the proxy (limit_req, stick-table), or set the rate for
all users together.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let title = format!("a rate limit counts all users of {} together", judged.to());
    shared(site, judged, ConditionKind::Rate, title)
}

/// The pieces of a flow that a condition of a kind stops at times, if it counts everybody together there.
pub(super) fn shared(site: &Site, judged: &Judged, kind: ConditionKind, title: String) -> Option<Problem> {
    let conditions = &site.lowered(judged.version).host.conditions;
    let is_shared = |piece: &Piece| {
        // A limit in a rule that accepts is met before the rule that stops what is above it.
        let deciding = |met: &&Undecided| matches!((met.rule, &piece.outcome.decided_by), (Some((_, one)), Decision::Rule { rule, .. }) if one == *rule);
        let own = piece.outcome.conditions.iter().any(|met| deciding(&met));
        let met = piece.outcome.conditions.iter().filter(|met| !own || deciding(met));
        met.filter_map(|met| conditions.get(met.condition?.0 as usize))
            .any(|condition| condition.kind == kind && (!condition.by_sender || has_one_sender(judged, piece)))
    };
    (judged.verdict == Verdict::Degraded && judged.flow.role != Role::Loopback)
        .then(|| problem(title, judged, |leg, piece| counts(leg) && piece.fate == Fate::Sometimes && is_shared(piece)))
        .flatten()
}

/// Whether all that is sent comes from one address: of a proxy, whoever its users are.
fn has_one_sender(judged: &Judged, piece: &Piece) -> bool {
    let of_proxy = matches!(judged.flow.role, Role::Upstream | Role::Resolver);
    of_proxy || piece.honest.values(Field::Source, Field::Source.width(judged.version)).single().is_some()
}
