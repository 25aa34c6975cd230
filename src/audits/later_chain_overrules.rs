//! `later-chain-overrules`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Piece},
};
use crate::{model::Hook, simulate::outcome::Decision, site::Site};

/// An accept that does not help.
pub const AUDIT: Audit = Audit {
    code: "later-chain-overrules",
    summary: "a rule accepts the traffic, and a later base chain stops it",
    explanation: "\
Accept ends only its own base chain: the packet goes on to the next base chain of the hook, which may belong to another table or family, and there it
is stopped. Drop is final. So a rule in one table never opens what another table closes: both must accept. This happens where two firewall managers
work side by side, such as a hand-written nftables.conf beside Docker, ufw or firewalld.",
    severity: Severity::Note,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    for leg in &judged.legs {
        for (index, piece) in leg.pieces.iter().enumerate() {
            if piece.honest.is_empty() || piece.fate != Fate::Stopped {
                continue;
            }
            if let Some(accepted) = accepted_before(piece) {
                let title = format!("a rule accepts traffic to {}, and a later chain stops it", judged.to());
                return Some(Problem { overruled: Some(accepted.clone()), ..Problem::shown(title, vec![(leg.leg, index)]) });
            }
        }
    }
    None
}

/// The rule of another base chain of the same hook that had accepted what is stopped here.
#[must_use]
pub fn accepted_before(piece: &Piece) -> Option<&Decision> {
    let stopped_at = hook(&piece.outcome.decided_by)?;
    let rule =
        |decision: &&Decision| matches!(decision, Decision::Rule { .. } | Decision::Several { .. }) && hook(decision) == Some(stopped_at);
    piece.outcome.passed.iter().rev().find(rule).filter(|_| piece.fate == Fate::Stopped)
}

fn hook(decision: &Decision) -> Option<Hook> {
    match decision {
        Decision::Rule { hook, .. } | Decision::Policy { hook, .. } | Decision::Several { hook, .. } => Some(*hook),
        Decision::Stage { .. } => None,
    }
}
