//! Which rule gave packets another destination.

use super::judge::Piece;
use crate::{
    model::{Host, Step, step::NatKind},
    simulate::outcome::Decision,
};

/// The rule, if one did.
#[must_use]
pub fn of<'a>(host: &Host, piece: &'a Piece) -> Option<&'a Decision> {
    let translates = |decision: &&Decision| {
        let Decision::Rule { rule, .. } = decision else { return false };
        let rule = host.chains.get(rule.chain.0 as usize).and_then(|chain| chain.rules.get(rule.index as usize));
        let destination = |step: &Step| matches!(step, Step::Nat(nat) if !matches!(nat.kind, NatKind::Source | NatKind::Masquerade));
        rule.is_some_and(|rule| rule.steps.iter().any(destination))
    };
    piece.outcome.passed.iter().filter(|_| piece.is_redirected()).find(translates)
}
