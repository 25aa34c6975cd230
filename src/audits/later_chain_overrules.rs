//! `later-chain-overrules`.

use super::{
    Audit, Problem, Severity,
    judge::{Fate, Judged},
};
use crate::simulate::outcome::Decision;

/// An accept that does not help.
pub const AUDIT: Audit = Audit {
    code: "later-chain-overrules",
    summary: "a rule accepts the traffic, and a later base chain stops it",
    explanation: "\
Accept ends only its own base chain: the packet goes on to the next base chain of the hook, which may belong to another table or family, and there it
is stopped. Drop is final. So a rule in one table never opens what another table closes: both must accept. This happens where two firewall managers
work side by side, such as a hand-written nftables.conf beside Docker, ufw or firewalld.",
    severity: Severity::Note,
    check,
};

fn check(judged: &Judged) -> Option<Problem> {
    for leg in &judged.legs {
        for (index, piece) in leg.pieces.iter().enumerate() {
            if piece.honest.is_empty() || piece.fate != Fate::Stopped {
                continue;
            }
            let accepted = piece.outcome.passed.iter().rev().find(|decision| matches!(decision, Decision::Rule { .. }));
            if let Some(accepted) = accepted {
                let title = format!("a rule accepts traffic to {}, and a later chain stops it", judged.to());
                return Some(Problem { title, pieces: vec![(leg.leg, index)], overruled: Some(accepted.clone()) });
            }
        }
    }
    None
}
