//! `client-blocked`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// No client gets through.
pub const AUDIT: Audit = Audit {
    code: "client-blocked",
    summary: "clients cannot reach the gateway",
    explanation: "\
Every first packet of the flow is dropped or rejected before it reaches the socket or the host behind the gateway. Clients see a timeout if it is
dropped, \"connection refused\" or \"no route to host\" if it is rejected. The rule or policy named is the one that stops the packet; a drop is
final in whichever base chain it happens, so an accept elsewhere does not help. Accept the traffic before that rule, in that chain.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.role == Role::Client && judged.verdict == Verdict::Blocked;
    let title = format!("clients can't reach {}", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && is_stopped_by_rules(piece))).flatten()
}
