//! `dns-blocked`.

use super::{
    Audit, Check, Problem, Severity, is_stopped_by_rules,
    judge::{Judged, Leg, Standing, Verdict},
    problem,
};
use crate::{
    gateway::{Role, expression::Protocol},
    site::Site,
};

/// Names can't be asked for.
pub const AUDIT: Audit = Audit {
    code: "dns-blocked",
    summary: "the proxy's questions to a name server, or the answers, are stopped",
    explanation: "\
A proxy whose configuration has names asks a name server for their addresses: at its start (nginx does not start without them), or while it runs (nginx with resolver, haproxy
with resolvers, Caddy, Traefik, Envoy). Without answers it has no upstream, and says \"host not found\", \"could not be resolved (110: Operation timed out)\" or \"no such
host\" where everybody looks for a blocked port. Let udp and tcp port 53 (853 with TLS) out to the name server, and the answers in (\"ct state established accept\"). An answer that is
too long for UDP is asked for again over TCP.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = is_question(judged) && judged.verdict == Verdict::Blocked && !matches!(judged.standing, Standing::Others { .. });
    let title = format!("{} can't ask the name server {}", judged.sender(), judged.to());
    wanted
        .then(|| problem(title, judged, |leg, piece| matches!(leg, Leg::First | Leg::Reply | Leg::Rest) && is_stopped_by_rules(piece)))
        .flatten()
}

/// What a name server is asked by, unless it is only for long answers.
pub(super) fn is_question(judged: &Judged) -> bool {
    let to = &judged.flow.expression.destination.ports;
    judged.flow.role == Role::Resolver && (judged.flow.expression.protocol != Protocol::TCP || to.as_slice() == [(OVER_TLS, OVER_TLS)])
}

/// DNS over TLS has no other way.
const OVER_TLS: u16 = 853;
