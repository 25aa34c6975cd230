//! The whole report for people.

use super::{finding, plain::line, style, table};
use crate::{
    audited::Audited,
    audits::{Finding, Severity},
    gateway::Expect,
    owners,
    site::Site,
};

/// The report; one line for a host where nothing is wrong.
#[must_use]
pub fn report(site: &Site, audited: &Audited, width: usize) -> String {
    let passing = audited.flows.iter().filter(|judged| judged.is_as_wanted()).count();
    let kept_out = audited.flows.iter().filter(|judged| judged.is_as_wanted() && judged.flow.expect == Expect::Block).count();
    let findings = &audited.findings;
    if audited.flows.is_empty() && audited.shortcomings.is_empty() {
        return format!("{}: nothing listens here and no flow is given: there is nothing to audit.\n", line(&site.snapshot.host));
    }
    if findings.is_empty() && audited.allowed.is_empty() && passing == audited.flows.len() && audited.shortcomings.is_empty() {
        return format!("{}: {}, nothing stands in their way.\n", line(&site.snapshot.host), flows_pass(passing - kept_out, kept_out));
    }
    let mut text = format!("{}\n\n{}\n", head(site), table::flows(site, &audited.flows, width));
    let (notes, problems): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.audit.severity == Severity::Note);
    for each in problems {
        let fix = audited.fix(each);
        text.push_str(&finding::finding(site, &audited.flows[each.flow], each, fix));
        text.push('\n');
    }
    for note in &notes {
        let code = style::paint(style::severity(Severity::Note), &format!("note[{}]", note.audit.code));
        text.push_str(&format!("{code}: {}\n", note.problem.title));
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    let count = |severity: Severity| findings.iter().filter(|finding| finding.audit.severity == severity).count();
    let counts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning"), (notes.len(), "note")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|&(count, word)| plural(count, word));
    text.push_str(&format!("{}.\n", counts.chain([flows_pass(passing - kept_out, kept_out)]).collect::<Vec<_>>().join(", ")));
    for (finding, allowance) in &audited.allowed {
        let until = allowance.until.map_or_else(String::new, |until| format!(", until {until}"));
        text.push_str(&format!("allowed[{}]: {} ({}{until})\n", finding.audit.code, finding.problem.title, line(&allowance.reason)));
    }
    for assumption in audited.shortcomings.iter().chain(&audited.assumptions) {
        text.push_str(&style::paint(style::DIM, &line(&format!("- {assumption}"))));
        text.push('\n');
    }
    text
}

fn flows_pass(passing: usize, kept_out: usize) -> String {
    let pass = format!("{} pass{}", plural(passing, "flow"), if passing == 1 { "es" } else { "" });
    if kept_out == 0 { pass } else { format!("{pass}, {kept_out} {} kept out as wanted", if kept_out == 1 { "is" } else { "are" }) }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `web-01 · kernel 6.8.0 · 2 tables, 31 rules · 6 sockets`.
fn head(site: &Site) -> String {
    let nft = site.ruleset.tables.iter().map(|table| table.chains.iter().map(|chain| chain.rules.len()).sum());
    let legacy = site.legacy.tables.iter().map(|table| table.chains.iter().map(|chain| chain.rules.len()).sum());
    let engines = [("nftables", nft.collect::<Vec<usize>>()), ("legacy iptables", legacy.collect())];
    let some = engines.iter().filter(|(_, tables)| !tables.is_empty());
    let counts = some.map(|(name, tables)| format!("{name}: {}, {}", plural(tables.len(), "table"), plural(tables.iter().sum(), "rule")));
    let rules: Vec<_> = counts.collect();
    let rules = if rules.is_empty() { "no rules".to_owned() } else { rules.join(" · ") };
    let writers = owners::programs(&site.ruleset, &site.legacy);
    let writers = if writers.is_empty() { String::new() } else { format!(" (written by {})", writers.join(", ")) };
    let name = match &site.snapshot.netns {
        Some(netns) => format!("{} (namespace {netns})", site.snapshot.host),
        None => site.snapshot.host.clone(),
    };
    let name = style::paint(style::BOLD, &line(&name));
    format!("{name} · kernel {} · {rules}{writers} · {}", line(&site.snapshot.kernel), plural(site.network.sockets.len(), "socket"))
}
