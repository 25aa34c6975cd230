//! `sometimes-blocked`.

use super::{
    Audit, Check, Problem, Severity, counts,
    judge::{Fate, Judged, Verdict},
    problem,
    rate_limit_on_proxy::shared,
};
use crate::{model::step::ConditionKind, site::Site};

/// Time and load decide.
pub const AUDIT: Audit = Audit {
    code: "sometimes-blocked",
    summary: "the flow is stopped under a condition",
    explanation: "\
A rate limit, quota, number of connections, chance or a set that packets change decides whether the flow gets through. At the time of a load peak it may
not. The condition is named as the rule writes it.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let told = |kind: ConditionKind| shared(site, judged, kind, String::new()).is_some();
    let wanted = judged.verdict == Verdict::Degraded && !told(ConditionKind::Rate) && !told(ConditionKind::Connections);
    let title = format!("traffic to {} is stopped under a condition", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| counts(leg) && piece.fate == Fate::Sometimes)).flatten()
}
