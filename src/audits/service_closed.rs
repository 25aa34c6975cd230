//! `service-closed`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// Maybe meant.
pub const AUDIT: Audit = Audit {
    code: "service-closed",
    summary: "something listens that the network cannot reach",
    explanation: "\
A socket listens on an address that others could reach, and the rules keep them out. That is often meant. If it is not, accept its port.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.role == Role::Service && judged.verdict == Verdict::Blocked;
    let title = format!("{} listens, but the rules keep clients out", judged.to());
    wanted.then(|| problem(title, judged, |_, piece| piece.fate == Fate::Stopped)).flatten()
}
