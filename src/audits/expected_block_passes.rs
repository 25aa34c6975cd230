//! `expected-block-passes`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Verdict},
    problem,
};
use crate::site::Site;

/// What must be kept out gets in.
pub const AUDIT: Audit = Audit {
    code: "expected-block-passes",
    summary: "a flow that the configuration says must be blocked gets through",
    explanation: "\
The operator's own file has this flow with expect = \"block\", and some or all of it gets through: the rule named lets it pass. Nothing needs to listen
there today: the rules decide. Narrow the accept, or drop the flow before it; then run clearway again to see that nothing else was lost.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let title = format!("{} is reached, and must not be", judged.to());
    let wanted = judged.verdict != Verdict::Blocked;
    wanted.then(|| problem(title, judged, |leg, piece| leg == Leg::First && piece.fate != Fate::Stopped)).flatten()
}
