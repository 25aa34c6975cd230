//! The table of flows, which fits the terminal.

use std::{cmp::Reverse, collections::HashSet};

use tabled::{
    builder::Builder,
    settings::{Padding, Style, Width, object::Columns, peaker::Priority},
};

use super::{plain::line, style};
use crate::{
    audits::judge::{Fate, Judged, Judgement, Piece, Verdict},
    gateway::{
        Expect, Role,
        expression::Hosts,
        proxy::{SocketFile, Unresolved},
    },
    report::decision::decided_by,
    site::Site,
};

/// Narrower than this, a table squeezes its words to nothing: a list is printed instead.
const NARROWEST: usize = 60;

/// So many flows that pass are shown; the others are counted.
const MOST_PASSING: usize = 12;

/// The flows with their verdicts: those that fail, then those that pass.
#[must_use]
pub fn flows(site: &Site, flows: &[Judged], width: usize) -> String {
    let fails = flows.iter().filter(|judged| !judged.is_as_wanted());
    let passes = flows.iter().filter(|judged| judged.is_as_wanted());
    let passing = passes.clone().count();
    let shown = fails.chain(passes.take(MOST_PASSING));
    let mut text = if width < NARROWEST { list(site, shown) } else { table(site, shown, width) };
    if passing > MOST_PASSING {
        text.push_str(&format!(" … {} more pass\n", passing - MOST_PASSING));
    }
    text
}

fn table<'a>(site: &Site, flows: impl Iterator<Item = &'a Judged>, width: usize) -> String {
    let mut builder = Builder::default();
    builder.push_record(["FLOW", "", "VERDICT", "DECIDED BY"]);
    for judged in flows {
        builder.push_record([who_to(judged), label(judged), verdict(judged), decision(site, judged)]);
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(1, 1, 0, 0));
    table.modify(Columns::first(), Padding::new(1, 2, 0, 0));
    table.with(Width::wrap(width).keep_words(true).priority(Priority::max(true)));
    let mut text: String = table.to_string().lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    if text.trim().is_empty() {
        text.clear();
    }
    text
}

fn list<'a>(site: &Site, flows: impl Iterator<Item = &'a Judged>) -> String {
    flows.map(|judged| format!("{}: {}\n  {}\n", who_to(judged), verdict(judged), decision(site, judged))).collect()
}

/// `clients -> 203.0.113.10:443/tcp`.
#[must_use]
pub fn who_to(judged: &Judged) -> String {
    let source = &judged.flow.expression.source;
    let who = match (judged.flow.role, &source.hosts) {
        (Role::Client | Role::Service, Hosts::Any) if source.ports.is_empty() => "clients".to_owned(),
        (Role::Upstream | Role::Resolver, Hosts::Local) => judged.sender().to_owned(),
        (Role::Loopback, Hosts::Local) => "this host".to_owned(),
        (Role::Loopback, _) => "this host".to_owned(),
        _ => source.to_string(),
    };
    let by = judged.flow.expression.incoming.as_ref().map_or_else(String::new, |name| format!(" in {name}"));
    format!("{who} -> {}{by}", judged.to())
}

/// `app, web.conf:21`: the group or proxy, and where it stands.
fn label(judged: &Judged) -> String {
    match &judged.flow.wanted {
        Some(wanted) => line(&format!("{}, {}", wanted.label.as_deref().unwrap_or(wanted.proxy), wanted.place.short())).into_owned(),
        None => line(judged.flow.program.as_deref().unwrap_or_default()).into_owned(),
    }
}

fn verdict(judged: &Judged) -> String {
    let word = match judged.verdict {
        Verdict::Blocked if judged.is_as_wanted() => return style::paint(style::verdict(Verdict::Pass), "kept out"),
        Verdict::Unknown => "unknown",
        _ if judged.flow.expect == Expect::Block => return style::paint(style::verdict(Verdict::Blocked), "GETS IN"),
        Verdict::Pass => "pass",
        Verdict::Blocked => "BLOCKED",
        Verdict::Partly => "partly",
        Verdict::Degraded => "degraded",
        Verdict::Refused => "refused",
    };
    style::paint(style::verdict(judged.verdict), word)
}

/// Who decided it: what stops the flow, or what lets it through.
fn decision(site: &Site, judged: &Judged) -> String {
    if let Some(stopped) = &judged.stopped {
        let host = stopped.host.as_ref().map_or_else(String::new, |host| format!("{host}: "));
        return line(&format!("{host}{}", stopped.reason)).into_owned();
    }
    let words = |piece: &Piece| decided_by(site, judged.version, &piece.outcome.decided_by).words();
    let stops_most = |(leg, piece): &(&Judgement, &Piece)| (Reverse(leg.leg), piece.senders(judged.version));
    let Some((_, first)) = judged.against().max_by_key(stops_most) else {
        let served = judged.served().map(words).unwrap_or_default();
        if let Some(why) = judged.flow.wanted.as_ref().and_then(|wanted| wanted.unresolved.as_ref()) {
            return match why {
                Unresolved::Absent => "the name has no address".to_owned(),
                Unresolved::Unknown(why) => format!("the name's address is not known: {why}"),
            };
        }
        if let Some(file) = judged.flow.wanted.as_ref().and_then(|wanted| wanted.file.as_ref()) {
            return match file {
                SocketFile::Fine => "the socket file is open to it".to_owned(),
                SocketFile::Absent => "there is no such file".to_owned(),
                SocketFile::NoSocket(_) => "it is no socket".to_owned(),
                SocketFile::Closed { step, .. } => format!("the mode of {}", step.path),
                SocketFile::Unheard => "nothing listens".to_owned(),
            };
        }
        if judged.flow.wanted.as_ref().is_some_and(|wanted| wanted.unheard) {
            return "nothing listens in its network namespace".to_owned();
        }
        return if judged.verdict == Verdict::Unknown { "nothing that could be read stops it".to_owned() } else { served };
    };
    let others = judged.against().map(|(_, piece)| (&piece.outcome.decided_by, piece.fate)).collect::<HashSet<_>>().len() - 1;
    let first = if first.fate == Fate::NoListener { "nothing listens".to_owned() } else { words(first) };
    match others {
        0 => first,
        others => format!("{first}, and {others} more"),
    }
}
