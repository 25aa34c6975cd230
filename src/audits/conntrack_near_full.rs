//! `conntrack-near-full`.

use super::{Audit, Check, Placed, Problem, Severity, judge::Judged, symptom::Symptom};
use crate::{
    gateway::Expect,
    obstacles::conntrack::{self, Table},
    site::Site,
};

/// The table of connections is nearly full.
pub const AUDIT: Audit = Audit {
    code: "conntrack-near-full",
    summary: "the table of tracked connections is full, or nearly so",
    explanation: "\
Every connection that passes connection tracking takes a place in a table of nf_conntrack_max places. Where all are taken, connections that were not
answered yet give way; where none does, the packet is dropped before any rule sees it, and the kernel says \"nf_conntrack: table full, dropping packet\". Rules
have no part in it. Raise the limit (sysctl -w net.netfilter.nf_conntrack_max=…, and for good a file in /etc/sysctl.d), let idle connections go earlier
(nf_conntrack_tcp_timeout_established), or exempt traffic that needs no tracking (notrack). Look first whether somebody floods the host.",
    severity: Severity::Warning,
    check: Check::Host(check),
};

/// `ETIMEDOUT`.
const TIMEOUT: u32 = 110;

/// Whether hardly a tenth of it is left.
pub(super) fn is_near_full(table: &Table) -> bool {
    table.count.saturating_mul(10) >= table.max.saturating_mul(9)
}

/// Whether connection tracking sees a flow that ought to pass.
pub(super) fn is_tracked(site: &Site, judged: &Judged) -> bool {
    judged.flow.expect == Expect::Pass && !judged.start.packets.is_empty() && site.lowered(judged.version).host.conntrack
}

fn check(site: &Site, flows: &[Judged]) -> Placed {
    let Some(table) = conntrack::table(&site.snapshot).filter(is_near_full) else { return Vec::new() };
    let Some(first) = flows.iter().position(|judged| is_tracked(site, judged)) else { return Vec::new() };
    let full = table.count >= table.max;
    let title = match full {
        true => "the table of connections is full: packets of new ones are dropped".to_owned(),
        false => format!("the table of connections is {} % full: soon packets of new ones are dropped", table.count * 100 / table.max),
    };
    let mut facts = vec![format!("nf_conntrack_count is {}, nf_conntrack_max {}", table.count, table.max)];
    for (count, what) in [
        (table.counters.dropped, "packets were dropped for want of room since the counters began (drop)"),
        (table.counters.gave_way, "connections without an answer gave way to new ones (early_drop)"),
    ] {
        facts.extend((count > 0).then(|| format!("{count} {what}")));
    }
    if let Some(moved) = conntrack::moved(&site.snapshot).filter(|moved| moved.dropped > 0) {
        facts.push(format!("{} of them while this was looked at", moved.dropped));
    }
    facts.push(format!("{} of the flows audited are tracked", flows.iter().filter(|judged| is_tracked(site, judged)).count()));
    let symptom = Symptom { text: "connection timed out".into(), errno: Some(TIMEOUT), seen: None };
    vec![(first, Problem { symptom: Some(symptom), doubtful: !full, ..Problem::beside(title, facts) })]
}
