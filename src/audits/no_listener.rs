//! `no-listener`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    listener_elsewhere::elsewhere,
    nat_target_gone::is_unheard,
    problem, symptom,
};
use crate::site::Site;

/// Nothing listens.
pub const AUDIT: Audit = Audit {
    code: "no-listener",
    summary: "the rules let the flow through, and nothing listens",
    explanation: "\
No rule stops the flow, but no socket takes it: the port is closed, the socket is bound to another address or device, or only to the other IP
version. Clients see \"connection refused\" (errno 111), exactly as with the default REJECT of a rule; so look at the service, not at the rules.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    if is_unheard_within(judged) {
        return elsewhere(site, judged).is_empty().then(|| unheard(judged, String::new()));
    }
    let told_elsewhere = judged.legs.iter().flat_map(|leg| &leg.pieces).any(is_unheard);
    let wanted = judged.verdict == Verdict::Refused && !told_elsewhere && elsewhere(site, judged).is_empty();
    let title = format!("nothing listens on {}", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && piece.fate == Fate::NoListener)).flatten()
}

/// Whether it stays in another network namespace, and nobody hears it there.
pub(super) fn is_unheard_within(judged: &Judged) -> bool {
    judged.flow.wanted.as_ref().is_some_and(|wanted| wanted.unheard)
}

/// What comes of that; `but` tells who would have heard it.
pub(super) fn unheard(judged: &Judged, but: String) -> Problem {
    let title = format!("nothing listens on {} where {} runs{but}", judged.to(), judged.sender());
    let fact = "it never leaves the network namespace (the container) that it begins in".to_owned();
    Problem { symptom: Some(symptom::unheard(judged)), ..Problem::beside(title, vec![fact]) }
}
