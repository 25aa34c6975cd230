//! `mostly-blocked`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// Few get through.
pub const AUDIT: Audit = Audit {
    code: "mostly-blocked",
    summary: "most clients are stopped",
    explanation: "\
Some clients get through, but more than half of all addresses that could be clients are stopped, most often because the accept rule names one network or
interface and the policy drops the rest. For a gateway that the internal network alone uses, that is right; tell clearway so by giving the flow with its
clients: --no-discover --flow 'tcp 10.0.0.0/8 -> local:443'.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.verdict == Verdict::Partly && judged.flow.role == Role::Client && judged.is_mostly_stopped();
    let title = format!("most clients can't reach {}", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| !matches!(leg, Leg::Companion(_)) && piece.fate == Fate::Stopped)).flatten()
}
