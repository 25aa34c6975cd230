//! `reply-blocked`.

use super::{
    Audit, Check, Problem, Severity,
    dns_blocked::is_question,
    is_stopped_by_rules,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::gateway::Role;
use crate::site::Site;

/// Replies are stopped.
pub const AUDIT: Audit = Audit {
    code: "reply-blocked",
    summary: "the answer or the rest of the connection is stopped",
    explanation: "\
The first packet gets through, but its reply, or a later packet of the connection, does not. Clients see a timeout, as if the first packet had been
dropped. Usually a rule such as \"ct state established,related accept\" is missing on the way back, or stands behind a rule that drops.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.verdict == Verdict::Blocked
        && judged.flow.role != Role::Service
        && !is_question(judged)
        && !matches!(judged.standing, super::judge::Standing::Others { .. });
    let title = format!("{} is reached, but the rest of the connection is stopped", judged.to());
    let first =
        judged.legs.first()?.pieces.iter().any(|piece| !piece.honest.is_empty() && matches!(piece.fate, Fate::Pass | Fate::NoListener));
    (wanted && first)
        .then(|| problem(title, judged, |leg, piece| matches!(leg, Leg::Reply | Leg::Rest) && is_stopped_by_rules(piece)))
        .flatten()
}
