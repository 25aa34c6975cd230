//! `upstream-blocked`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Leg, Standing, Verdict},
    loopback_blocked::is_upstream_by_loopback,
    own_address_blocked::is_to_own_address,
    problem,
};
use crate::{gateway::Role, site::Site};

/// Nothing gets out.
pub const AUDIT: Audit = Audit {
    code: "upstream-blocked",
    summary: "the gateway cannot reach its upstream",
    explanation: "\
What this host, or a proxy in one of its containers, sends to an upstream is stopped on this host: in output or postrouting, in input or forward
where it comes from a container, or because no route leads there. The proxy reports a
timeout (errno 110) for a drop, \"connection refused\" (111) or \"no route to host\" (113) for a reject, 101 or 13 for routes.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.role == Role::Upstream
        && !is_upstream_by_loopback(judged)
        && !is_to_own_address(site, judged)
        && judged.verdict == Verdict::Blocked
        && !matches!(judged.standing, Standing::Others { .. });
    let group = match (judged.standing, judged.flow.wanted.as_ref().and_then(|wanted| wanted.label.as_deref())) {
        (Standing::Down { of }, Some(name)) => format!(", nor any other of the {of} servers of {name}"),
        (Standing::Down { of }, None) => format!(", nor any other of its {of} addresses"),
        _ => String::new(),
    };
    let title = format!("{} can't reach {}{group}", judged.sender(), judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && is_stopped_by_rules(piece))).flatten()
}
