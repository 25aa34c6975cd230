//! `upstream-blocked`.

use super::{
    Audit, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;

/// Nothing gets out.
pub const AUDIT: Audit = Audit {
    code: "upstream-blocked",
    summary: "the gateway cannot reach its upstream",
    explanation: "\
What this host sends to an upstream is stopped on this host: in output, in postrouting, or because no route leads there. The proxy reports a
timeout (errno 110) for a drop, \"connection refused\" (111) or \"no route to host\" (113) for a reject, 101 or 13 for routes.",
    severity: Severity::Error,
    check,
};

fn check(judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.role == Role::Upstream && judged.verdict == Verdict::Blocked;
    let title = format!("this host can't reach {}", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && piece.fate == Fate::Stopped)).flatten()
}
