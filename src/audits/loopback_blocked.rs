//! `loopback-blocked`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// Loopback is closed.
pub const AUDIT: Audit = Audit {
    code: "loopback-blocked",
    summary: "this host cannot reach its own socket",
    explanation: "\
Connections of this host to itself pass output, postrouting, prerouting and input by the interface lo. A policy of drop without a rule such as
\"iif lo accept\" stops them, and with them every upstream on 127.0.0.1, health checks and local resolvers. Connections to one of the host's other
addresses take lo as well.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.verdict == Verdict::Blocked && (judged.flow.role == Role::Loopback || is_upstream_by_loopback(judged));
    let title = format!("{} can't reach {} on this host", judged.sender(), judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && is_stopped_by_rules(piece))).flatten()
}

/// Whether a proxy has its upstream on this host, at an address of `lo`.
pub fn is_upstream_by_loopback(judged: &Judged) -> bool {
    judged.flow.role == Role::Upstream && judged.flow.expression.destination.hosts.are_loopback()
}
