//! `undecided`.

use super::{
    Audit, Check, Problem, Severity, counts,
    judge::{Fate, Judged, Verdict},
    problem,
};
use crate::site::Site;

/// We do not know.
pub const AUDIT: Audit = Audit {
    code: "undecided",
    summary: "whether the flow passes cannot be told",
    explanation: "\
The flow meets something that is not modelled, or that was not collected. Nothing is assumed in its favour. The rule is named as far as it can be
printed; the exit status is 3.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.verdict == Verdict::Unknown;
    let title = format!("whether traffic to {} passes can't be told", judged.to());
    wanted.then(|| problem(title, judged, |leg, piece| counts(leg) && piece.fate == Fate::Unknown)).flatten()
}
