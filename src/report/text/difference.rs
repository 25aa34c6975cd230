//! What differs between two states, for people.

use super::{part, plain::line, style, table::who_to};
use crate::{
    audits::{Severity, judge::Verdict},
    difference::{Change, Difference, Passing},
    report::{decision::decided_by, json::number},
    simulate::outcome::Decision,
    site::Site,
};

/// The report; one line where nothing differs.
#[must_use]
pub fn report(before: &Site, after: &Site, difference: &Difference) -> String {
    let mut text = String::new();
    for pair in difference.pairs.iter().filter(|pair| pair.has_changed()) {
        let Some(judged) = pair.judged() else { continue };
        let (old, new) = pair.verdicts();
        text.push_str(&format!("{} (IPv{}): {} -> {}\n", who_to(judged), number(judged.version), verdict(old), verdict(new)));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for change in &difference.changes {
        text.push_str(&told(before, after, change));
        text.push('\n');
    }
    let flows = difference.pairs.len();
    let flows = format!("{flows} flow{}", if flows == 1 { "" } else { "s" });
    let changed = difference.pairs.iter().filter(|pair| pair.has_changed()).count();
    let (opened, closed): (Vec<&Change>, Vec<&Change>) = difference.changes.iter().partition(|change| change.is_opening());
    text.push_str(&match (difference.is_any(), difference.is_undecided()) {
        (true, _) => format!("{changed} of {flows} change verdict; {} opened, {} closed.\n", sets(opened.len()), sets(closed.len())),
        (false, true) => format!("{flows}: nothing known differs, but not all could be told.\n"),
        (false, false) => format!("{flows}: no verdict differs, and no packet was opened or closed.\n"),
    });
    let overgrown = difference.overgrown.then(|| "some sets of packets are too many pieces for an exact answer".to_owned());
    for sentence in difference.uncompared.iter().chain(&overgrown) {
        text.push_str(&style::paint(style::DIM, &line(&format!("- {sentence}"))));
        text.push('\n');
    }
    text
}

fn sets(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "1 set of packets".to_owned(),
        more => format!("{more} sets of packets"),
    }
}

/// A change with what decided it in both states.
fn told(before: &Site, after: &Site, change: &Change) -> String {
    let (word, severity) = if change.is_opening() { ("opened", Severity::Warning) } else { ("closed", Severity::Error) };
    let by = |site: &Site, decision: &Option<Decision>, passing: Passing| {
        let decided = decision.as_ref().map(|decision| decided_by(site, change.followed.version, decision));
        let words = decided.as_ref().map_or_else(|| "nothing that is known".to_owned(), |decided| decided.words());
        let rule = decided.as_ref().and_then(|decided| decided.rule_text()).map_or_else(String::new, |rule| format!("  {rule}"));
        format!("{:<16} {words}{rule}", passes(passing))
    };
    format!(
        "{} {} (IPv{}): {}\n  before  {}\n  after   {}\n",
        style::paint(style::severity(severity), word),
        who_to(&change.followed),
        number(change.followed.version),
        who(before, change),
        by(before, &change.decided_before, change.before),
        by(after, &change.decided_after, change.after),
    )
}

const fn passes(passing: Passing) -> &'static str {
    match passing {
        Passing::Never => "is stopped",
        Passing::Sometimes => "passes sometimes",
        Passing::Always => "passes",
    }
}

/// The packets of a change in words: of honest senders where they send any.
#[must_use]
pub fn who(before: &Site, change: &Change) -> String {
    let judged = &change.followed;
    let [first, ..] = &judged.legs;
    let honest = change.packets.and(&judged.start.legitimate);
    if honest.is_empty() {
        return format!("{}, with which no honest sender begins", part::words(before, judged, first, &change.packets));
    }
    part::words(before, judged, first, &honest)
}

fn verdict(verdict: Option<Verdict>) -> String {
    let word = match verdict {
        None => return "not there".to_owned(),
        Some(Verdict::Pass) => "pass",
        Some(Verdict::Blocked) => "BLOCKED",
        Some(Verdict::Partly) => "partly",
        Some(Verdict::Degraded) => "degraded",
        Some(Verdict::Refused) => "refused",
        Some(Verdict::Unknown) => "unknown",
    };
    verdict.map_or_else(String::new, |verdict| style::paint(style::verdict(verdict), word))
}
