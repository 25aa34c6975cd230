//! A trace for people: the way of a packet in phases, the reason last.

use super::{part, style, table};
use crate::{
    audits::{
        judge::{Judged, Leg, Piece},
        symptom,
        trace::{ending, outcomes},
        witness,
    },
    model::{Field, HeaderSet},
    packets::Packet,
    report::{
        answer::{Answer, condition_text},
        companion::words as companion_words,
        decision::{decided_by, hook_name, rule_at},
        delivery::delivered_to,
        json::printed,
    },
    simulate::{
        Outcome, Point,
        outcome::{Decision, Delivery, Event},
    },
    site::Site,
    world::World,
};

/// One answer of many, on one line.
pub fn line(into: &mut Vec<u8>, answer: &Answer<'_>) {
    let id = answer.id.map_or_else(String::new, |id| format!("{}: ", id.as_str().map_or_else(|| id.to_string(), str::to_owned)));
    let mut text = format!("{id}{}  {}", answer.verdict, answer.decided_by.words());
    if let Some(delivered) = &answer.delivered_to {
        text.push_str(&format!("; {}", delivered.words()));
    }
    for condition in &answer.conditions {
        text.push_str(&format!("; if {}", condition.condition));
    }
    text.push('\n');
    into.extend_from_slice(text.as_bytes());
}

/// So many parts of a flow are followed packet by packet.
const MOST_PARTS: usize = 20;

/// A flow: a packet of each of its parts on its way.
#[must_use]
pub fn flow(site: &Site, world: &dyn World, judged: &Judged) -> String {
    let [first, later @ ..] = &judged.legs;
    let mut text = format!("{}\n", style::paint(style::BOLD, &table::who_to(judged)));
    let mut pieces: Vec<&Piece> = first.pieces.iter().filter(|piece| !piece.honest.is_empty()).collect();
    if pieces.is_empty() {
        pieces = first.pieces.iter().collect();
    }
    for piece in pieces.iter().take(MOST_PARTS) {
        if pieces.len() > 1 {
            text.push_str(&format!("\n{}\n", style::paint(style::BOLD, &part::words(site, judged, first, whole(piece)))));
        }
        match witness::packet(judged, piece) {
            Some(packet) => text.push_str(&way(site, world, judged, piece, &packet)),
            None => text.push_str(&closing(site, judged, Leg::First, piece)),
        }
    }
    if pieces.len() > MOST_PARTS {
        text.push_str(&format!("\n… and {} more parts; --format json has them all\n", pieces.len() - MOST_PARTS));
    }
    for leg in later.iter().chain(&judged.companions) {
        for piece in leg.pieces.iter().filter(|piece| !piece.honest.is_empty() && piece.outcome.delivery == Delivery::None) {
            if matches!(leg.leg, Leg::Companion(_)) && piece.is_dropped_by_routing() {
                continue;
            }
            let whose = match leg.leg {
                Leg::Reply => "the reply",
                Leg::Companion(companion) => companion_words(companion, judged.version),
                Leg::First | Leg::Rest => "later packets",
            };
            text.push_str(&format!(
                "\n{whose}, {}: {}",
                part::words(site, judged, leg, &piece.honest),
                closing(site, judged, leg.leg, piece)
            ));
        }
    }
    text.push('\n');
    text
}

/// The honest packets of a piece, or all if none is.
fn whole(piece: &Piece) -> &HeaderSet {
    if piece.honest.is_empty() { &piece.outcome.space } else { &piece.honest }
}

/// The way of one packet of a piece.
fn way(site: &Site, world: &dyn World, judged: &Judged, piece: &Piece, packet: &Packet) -> String {
    let traced = outcomes(site, world, packet);
    let same = |outcome: &&Outcome<Point>| ending(&outcome.verdict) == ending(&piece.outcome.verdict);
    let mut text = format!("  {}\n", style::paint(style::DIM, &printed(site, packet).line()));
    if let Some(outcome) = traced.iter().find(same) {
        text.push_str(&phases(site, judged, outcome));
    }
    text.push_str(&closing(site, judged, Leg::First, piece));
    text
}

/// One numbered phase for each hook and each stage in between.
fn phases(site: &Site, judged: &Judged, outcome: &Outcome<Point>) -> String {
    let mut phases: Vec<(&str, Vec<String>)> = Vec::new();
    for event in &outcome.events {
        match event {
            Event::Hook(hook) => phases.push((hook_name(*hook), Vec::new())),
            Event::Chain(id) => {
                let policy = outcome.passed.iter().find(|each| matches!(each, Decision::Policy { chain, .. } if chain == id));
                let line = policy.map(|policy| decided_by(site, judged.version, policy).words());
                phases.last_mut().into_iter().for_each(|(_, lines)| lines.extend(line.clone()));
            }
            Event::Matched { hook, rule } => {
                let decided = rule_at(site, judged.version, *hook, *rule);
                let line = format!("{:44}  {}", decided.words(), decided.rule_text().unwrap_or_default());
                match phases.last_mut() {
                    Some((_, lines)) => lines.push(line),
                    None => phases.push((hook_name(*hook), vec![line])),
                }
            }
        }
    }
    route(site, outcome, &mut phases);
    let mut text = String::new();
    for (number, (name, lines)) in phases.iter().enumerate() {
        let first = lines.first().map_or("no rule matches", String::as_str);
        text.push_str(&format!("  {} {name:12}{first}\n", number + 1));
        for line in lines.iter().skip(1) {
            text.push_str(&format!("    {:12}{line}\n", ""));
        }
    }
    text
}

/// The routing decision stands before the first hook that follows from it.
fn route(site: &Site, outcome: &Outcome<Point>, phases: &mut Vec<(&str, Vec<String>)>) {
    let Some(at) = phases.iter().position(|(name, _)| matches!(*name, "input" | "forward" | "output" | "postrouting")) else { return };
    let leaves = outcome.changed.iter().find(|(field, _)| *field == Field::OutInterface).and_then(|(_, bits)| bits.as_constant());
    let words = match leaves.and_then(|index| u32::try_from(index).ok()).filter(|index| *index != 0) {
        Some(index) => format!("out by {}", site.interface(index).unwrap_or_else(|| format!("#{index}"))),
        None if phases.iter().any(|(name, _)| *name == "input") => "to this host".to_owned(),
        None => return,
    };
    phases.insert(at, ("routing", vec![words]));
}

/// What it comes to, and why.
fn closing(site: &Site, judged: &Judged, leg: Leg, piece: &Piece) -> String {
    let outcome = &piece.outcome;
    let decided = decided_by(site, judged.version, &outcome.decided_by);
    let verb = match ending(&outcome.verdict) {
        "accept" => "accepted",
        "drop" => "dropped",
        "reject" => "rejected",
        _ => "can't be told",
    };
    let mut text = format!("{verb} by {}", decided.words());
    if let Some(rule) = decided.rule_text() {
        text.push_str(&format!(": {rule}"));
    }
    for condition in &outcome.conditions {
        text.push_str(&format!("; rests on {}", condition_text(site, judged.version, condition)));
    }
    if let Some(delivered) = delivered_to(site, judged.version, outcome, Some(judged.flow.expression.protocol.0)) {
        text.push_str(&format!("; {}", delivered.words()));
    }
    if let Some(symptom) = symptom::of_piece(judged, leg, piece) {
        let errno = symptom.errno.map_or_else(String::new, |errno| format!(" (errno {errno})"));
        text.push_str(&format!(": the client sees \"{}\"{errno}", symptom.text));
    }
    text.push('\n');
    text
}
