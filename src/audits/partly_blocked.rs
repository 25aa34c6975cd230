//! `partly-blocked`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// Some clients are stopped.
pub const AUDIT: Audit = Audit {
    code: "partly-blocked",
    summary: "a part of the flow is stopped",
    explanation: "\
Some packets of the flow get through and others do not: a blocklist, a rule for one network or interface, a rule that reads a port, mark or length.
The report names the exact part. If that part is meant to be blocked, all is well.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.verdict == Verdict::Partly && !(judged.flow.role == Role::Client && judged.is_mostly_stopped());
    let title = format!("a part of the traffic to {} is stopped", judged.to());
    wanted
        .then(|| {
            problem(title, judged, |leg, piece| {
                (!matches!(leg, Leg::Companion(_)) && piece.fate == Fate::Stopped) || (leg == Leg::First && piece.fate == Fate::NoListener)
            })
        })
        .flatten()
}
