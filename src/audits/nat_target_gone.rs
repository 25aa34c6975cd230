//! `nat-target-gone`.

use super::{
    Audit, Check, Problem, Severity, ended_at,
    judge::{Fate, Judged, Leg, Piece, Verdict},
    neighbour_silent, problem, symptom,
};
use crate::{model::Field, simulate::Stage, site::Site};

/// A DNAT rule leads to where no route does.
pub const AUDIT: Audit = Audit {
    code: "nat-target-gone",
    summary: "a rule translates the destination to where nobody is",
    explanation: "\
A DNAT or REDIRECT rule gives the flow a new destination, and this host has no route to it, nobody on the link has that address, or nothing on this host listens there: the container, machine,
address or program that the rule was made for is gone, or moved, and the rule was left behind. Remove the rule, or let it lead to the service's address and
port of today; what Docker, Podman or Kubernetes made is repaired by restarting the container or the daemon, never by hand.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let title = || format!("{} is translated to an address to which no route leads", judged.to());
    ended_at(judged, title, |stage, piece| matches!(stage, Stage::NoRoute(_)) && piece.is_redirected())
        .or_else(|| unheard(judged))
        .or_else(|| silent(site, judged))
}

/// It comes back to this host, where no socket takes it.
fn unheard(judged: &Judged) -> Option<Problem> {
    let [first, ..] = &judged.legs;
    let piece = first.pieces.iter().find(|piece| is_unheard(piece) && !piece.honest.is_empty())?;
    let port = piece.outcome.changed.iter().find(|(field, _)| *field == Field::DestinationPort).and_then(|(_, bits)| bits.as_constant());
    let port = port.map_or_else(|| " to a place".to_owned(), |port| format!(" to port {port},"));
    let title = format!("{} is translated{port} where nothing listens", judged.to());
    (judged.verdict == Verdict::Refused).then(|| problem(title, judged, |leg, piece| leg == Leg::First && is_unheard(piece))).flatten()
}

/// Nobody answers for the address that it is given.
fn silent(site: &Site, judged: &Judged) -> Option<Problem> {
    let (piece, fact) = neighbour_silent::silent(site, judged).filter(|(piece, _)| piece.is_redirected())?;
    let title = format!("{} is translated to an address that nobody has", judged.to());
    let problem = problem(title, judged, |leg, other| leg == Leg::First && std::ptr::eq(other, piece))?;
    Some(Problem { symptom: Some(symptom::silent(judged)), facts: vec![fact], ..problem })
}

/// Whether a piece was given a destination on this host, and no socket takes it there.
pub fn is_unheard(piece: &Piece) -> bool {
    piece.fate == Fate::NoListener && piece.is_redirected()
}
