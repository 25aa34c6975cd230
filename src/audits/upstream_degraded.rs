//! `upstream-degraded`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Standing, Verdict},
    problem,
};
use crate::gateway::{Role, expression::Protocol};
use crate::site::Site;

/// One of several is out of reach.
pub const AUDIT: Audit = Audit {
    code: "upstream-degraded",
    summary: "the gateway cannot reach one of several upstreams that stand in for each other",
    explanation: "\
What this host sends to a server of an upstream group is stopped on this host, and others of the group are left. Requests go on to those: clients see
no error, but each try of the blocked server costs them the proxy's connect timeout where its packets are dropped, and the others carry its load. The
same holds for a name server that answers over UDP but not over TCP: only long answers fail.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let stopped = |title: String| problem(title, judged, |_, piece| is_stopped_by_rules(piece));
    match (judged.flow.role, judged.standing) {
        _ if judged.verdict != Verdict::Blocked => None,
        (Role::Upstream | Role::Resolver, Standing::Others { left, of }) => {
            let name = judged.flow.wanted.as_ref().and_then(|wanted| wanted.label.as_deref());
            let group = name.map_or_else(|| "its addresses".to_owned(), |name| format!("the servers of {name}"));
            stopped(format!("{} can't reach {}; {left} of {of} of {group} are left", judged.sender(), judged.to()))
        }
        (Role::Resolver, _) if judged.flow.expression.protocol == Protocol::TCP => {
            stopped(format!("{} can't ask the name server {} where answers are long", judged.sender(), judged.to()))
        }
        _ => None,
    }
}
