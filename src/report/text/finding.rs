//! A finding for people: the rule, the part, what the client sees, a packet that shows it, and the fix.

use std::collections::HashMap;

use super::{part, plain::line, style};
use crate::{
    audits::{
        Finding,
        judge::{Fate, Judged, Judgement, Leg, Piece},
        later_chain_overrules::accepted_before,
        member::{self, Member},
        observed, translation, witness,
    },
    fixes::{Fix, Lasting, Unproved},
    model::{HeaderSet, IpVersion},
    owners::Owner,
    report::{
        answer::condition_text,
        companion::words as companion_words,
        decision::{DecidedBy, decided_by},
        json::printed,
    },
    site::Site,
};

/// So many rules are told for one finding.
const MOST_RULES: usize = 5;

/// A command of more characters is no reading for people.
const LONGEST: usize = 240;

/// Width of the column of labels.
const LABEL: usize = 13;

/// A finding, or none of its lines for what is empty.
#[must_use]
pub fn finding(site: &Site, judged: &Judged, finding: &Finding, fix: Option<&Result<Fix, Unproved>>) -> String {
    let severity = format!("{:?}", finding.audit.severity).to_lowercase();
    let head = style::paint(style::severity(finding.audit.severity), &format!("{severity}[{}]", finding.audit.code));
    let mut text = format!("{head}: {}\n", style::paint(style::BOLD, &finding.problem.title));
    let pieces: Vec<(&Judgement, &Piece)> = finding.problem.pieces.iter().filter_map(|(leg, index)| place(judged, *leg, *index)).collect();
    let mut told = String::new();
    let groups = groups(&pieces);
    for (leg, piece, packets) in groups.iter().take(MOST_RULES) {
        let decided = decided_by(site, judged.version, &piece.outcome.decided_by);
        let translated = translated(site, judged, piece);
        // What only translates it, and lets it pass so, is told once.
        let rule = Some(rule(&decided)).filter(|rule| piece.fate != Fate::NoListener && *rule != translated).unwrap_or_default();
        let writer = decided.owner().map(Owner::words).unwrap_or_default();
        let part = part::words(site, judged, leg, packets);
        told.push_str(
            &[
                entry("translated", &translated),
                entry(decided.label(), &rule),
                entry("written by", &writer),
                entry("because", &overruled(site, judged, piece)),
                entry("matched", &member::of_piece(site, judged, piece).iter().map(Member::words).collect::<Vec<_>>().join("\n")),
                entry("stops", &packets_of(leg.leg, &part, judged.version)),
            ]
            .concat(),
        );
    }
    let left = groups.len().saturating_sub(MOST_RULES);
    text.push_str(&told);
    text.push_str(&entry("because", &finding.problem.facts.iter().map(|fact| line(fact)).collect::<Vec<_>>().join("\n")));
    text.push_str(&entry("wanted by", &wanted_by(judged)));
    if left > 0 {
        text.push_str(&entry("", &format!("… and {left} more rules; --format json has them all")));
    }
    if let Some((_, piece)) = pieces.first() {
        // What is stopped on either side of a condition does not rest on it.
        for condition in piece.outcome.conditions.iter().filter(|_| piece.fate != Fate::Stopped) {
            text.push_str(&entry("if", &condition_text(site, judged.version, condition)));
        }
    }
    if let Some(symptom) = finding.problem.symptom(judged) {
        let errno = symptom.errno.map_or_else(String::new, |errno| format!(" (errno {errno})"));
        match &symptom.seen {
            Some(seen) => {
                text.push_str(&entry("clients see", &seen.words()));
                text.push_str(&entry("proxy sees", &format!("{}{errno}", symptom.text)));
            }
            None => text.push_str(&entry("clients see", &format!("{}{errno}", symptom.text))),
        }
    }
    if !pieces.is_empty() {
        let seen: Vec<String> = observed::of(site, judged).iter().map(|each| line(&each.text).into_owned()).collect();
        text.push_str(&entry("seen now", &seen.join("\n")));
    }
    if let Some(packet) = pieces.first().and_then(|(_, piece)| witness::packet(judged, piece)) {
        text.push_str(&entry("witness", &printed(site, &packet).line()));
    }
    match fix {
        Some(Ok(fix)) => text.push_str(&proved(fix)),
        Some(Err(why)) => text.push_str(&entry("no fix", &why.to_string())),
        None => {}
    }
    text
}

/// A fix: the commands, what they open, how long they last.
pub fn proved(fix: &Fix) -> String {
    let commands = fix.commands();
    if commands.iter().any(|command| command.len() > LONGEST) {
        return entry("fix", "a proved one exists but is long; --format json has it");
    }
    let mut text: String = commands.iter().map(|command| entry("fix", command)).collect();
    let lasts = match fix.lasting() {
        Lasting::Always => "survives a reload",
        Lasting::UntilReboot => "lasts until the rules are loaded anew",
    };
    text.push_str(&entry("", &format!("proved: opens {} and nothing else; {lasts}", fix.opens().join(", and "))));
    text.push_str(&fix.persist().into_iter().map(|action| entry("for good", &action.command())).collect::<String>());
    text.push_str(&fix.remarks().map(|remark| entry("note", remark)).collect::<String>());
    text
}

/// Pieces that the same rule stops, together.
fn groups<'a>(pieces: &[(&'a Judgement, &'a Piece)]) -> Vec<(&'a Judgement, &'a Piece, HeaderSet)> {
    let mut groups: Vec<(&Judgement, &Piece, HeaderSet)> = Vec::new();
    let mut known = HashMap::new();
    for (leg, piece) in pieces {
        let at = *known.entry((leg.leg, piece.fate, &piece.outcome.decided_by)).or_insert_with(|| {
            groups.push((leg, piece, HeaderSet::empty()));
            groups.len() - 1
        });
        let packets = &mut groups[at].2;
        *packets = std::mem::take(packets).minus(&piece.honest).or(piece.honest.clone());
    }
    groups
}

fn place(judged: &Judged, leg: Leg, index: usize) -> Option<(&Judgement, &Piece)> {
    let judgement = judged.judgement(leg)?;
    Some((judgement, judgement.pieces.get(index)?))
}

/// The places of the configuration that ask for the flow.
fn wanted_by(judged: &Judged) -> String {
    let Some(wanted) = &judged.flow.wanted else { return String::new() };
    let mut places: Vec<String> = std::iter::once(&wanted.place).chain(&wanted.wanted_by).map(|place| place.long()).collect();
    places.dedup();
    let more = places.len().saturating_sub(MOST_PLACES);
    let mut lines = places.into_iter().take(MOST_PLACES).collect::<Vec<_>>().join("\n");
    if more > 0 {
        lines.push_str(&format!("\n… and {more} more places"));
    }
    lines
}

/// So many places of a configuration are told for one finding.
const MOST_PLACES: usize = 3;

/// The rule with its text on a line of its own.
fn rule(decided: &DecidedBy) -> String {
    match decided.rule_text() {
        Some(rule) => format!("{}\n{rule}", decided.words()),
        None => decided.words(),
    }
}

/// The rule that gave the packets another destination.
fn translated(site: &Site, judged: &Judged, piece: &Piece) -> String {
    let host = &site.lowered(judged.version).host;
    translation::of(host, piece).map_or_else(String::new, |decision| rule(&decided_by(site, judged.version, decision)))
}

/// That an earlier base chain accepted what this one stops.
fn overruled(site: &Site, judged: &Judged, piece: &Piece) -> String {
    let Some(accepted) = accepted_before(piece) else { return String::new() };
    let accepted = decided_by(site, judged.version, accepted);
    format!(
        "{} accepts it: {}\nbut accept ends only its own base chain, and this one decides anew",
        accepted.words(),
        accepted.rule_text().unwrap_or_default()
    )
}

fn packets_of(leg: Leg, part: &str, version: IpVersion) -> String {
    match leg {
        Leg::First => part.to_owned(),
        Leg::Reply => format!("the reply to {part}"),
        Leg::Rest => format!("later packets of {part}"),
        Leg::Companion(companion) => format!("{}, needed by {part}", companion_words(companion, version)),
    }
}

/// A label with its words, further lines below them.
fn entry(label: &str, words: &str) -> String {
    let mut text = String::new();
    for (number, line) in words.lines().enumerate() {
        let label = if number == 0 { label } else { "" };
        text.push_str(&format!("  {}{line}\n", style::paint(style::DIM, &format!("{label:LABEL$}"))));
    }
    text
}
