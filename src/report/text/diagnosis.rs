//! A diagnosis for people.

use super::{finding, plain::line, style};
use crate::{
    audited::Audited,
    diagnose::{
        Event, Log, Phase,
        cause::{self, Diagnosis},
    },
    site::Site,
};

/// The whole report.
#[must_use]
pub fn report(site: &Site, audited: &Audited, log: &Log, diagnoses: &[Diagnosis]) -> String {
    let mut text = String::new();
    for each in diagnoses {
        text.push_str(&of_event(site, audited, each));
        text.push('\n');
    }
    if log.left > 0 {
        text.push_str(&format!("- {} lines tell of further events, which are not looked into\n", log.left));
    }
    if log.strange > 0 {
        let numbers = log.unread.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(", ");
        let more = if log.strange > 5 { ", …" } else { "" };
        let lines = if log.strange == 1 { "line is" } else { "lines are" };
        text.push_str(&format!("- {} {lines} of no kind that is read here ({numbers}{more})\n", log.strange));
    }
    text
}

fn of_event(site: &Site, audited: &Audited, each: &Diagnosis) -> String {
    let lines = if each.lines == 1 { String::new() } else { format!(" ({} lines)", each.lines) };
    let mut text = format!("{}{lines}\n", style::paint(style::BOLD, &line(&words(&each.event))));
    let (causes, others) = each.causes.split_at(each.agreeing.min(each.causes.len()));
    let mut told = |index: &usize| {
        if let Some((found, judged)) = audited.findings.get(*index).and_then(|found| Some((found, audited.flows.get(found.flow)?))) {
            text.push_str(&finding::finding(site, judged, found, audited.fix(found)));
        }
    };
    causes.iter().for_each(&mut told);
    if causes.is_empty() {
        let here = match (others.is_empty(), each.flows.is_empty()) {
            (false, _) => "what is found about it on this host predicts something else:",
            (true, false) => "nothing on this host stops it.",
            (true, true) => "no such flow begins or comes in here.",
        };
        let beyond = if others.is_empty() { format!(" {}.", sentence(cause::elsewhere(&each.event))) } else { String::new() };
        text.push_str(&format!("  {here}{beyond}\n"));
        others.iter().for_each(|index| {
            if let Some(found) = audited.findings.get(*index) {
                text.push_str(&format!("  {}: {}\n", found.audit.code, line(&found.problem.title)));
            }
        });
        if !others.is_empty() {
            text.push_str(&format!("  Else: {}.\n", cause::elsewhere(&each.event)));
        }
    }
    text
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `nginx could not connect to 10.0.3.12:8080/tcp: error 110`.
fn words(event: &Event) -> String {
    let writer = if event.writer == "go" { "a proxy written in Go" } else { event.writer };
    let number = event.errno.map_or_else(String::new, |errno| format!(": error {errno}"));
    match (event.phase, event.source) {
        (Phase::Connecting, _) => format!("{writer} could not connect to {}{number}", event.to()),
        (Phase::Waiting, _) => format!("{writer} was connected to {}, and got no answer{number}", event.to()),
        (Phase::Packet, Some(source)) => {
            let way = |word: &str, name: &Option<String>| name.as_ref().map_or_else(String::new, |name| format!(" {word} {name}"));
            format!("a rule logged a packet {source} -> {}{}{}", event.to(), way("in", &event.incoming), way("out", &event.outgoing))
        }
        (Phase::Packet, None) => format!("a rule logged a packet to {}", event.to()),
    }
}
