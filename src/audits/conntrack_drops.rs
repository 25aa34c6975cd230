//! `conntrack-drops`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    conntrack_near_full::{is_near_full, is_tracked},
    judge::Judged,
    symptom::Symptom,
};
use crate::{obstacles::conntrack, site::Site};

/// Connection tracking drops packets while one looks.
pub const AUDIT: Audit = Audit {
    code: "conntrack-drops",
    summary: "connection tracking drops packets while the host is looked at",
    explanation: "\
The counters of connection tracking moved between two readings (--observe): it dropped packets of connections, although its table has room. insert_failed moves
where two connections want the same addresses and ports after translation: many connections to one upstream behind one masquerading address, or two packets of one
UDP socket at once (DNS lookups for A and AAAA). drop moves where there is no memory, or where a packet could not be given a connection. No rule has a part in it, and
senders see a timeout or a delay of a second. More addresses to masquerade with, --random-fully, keeping connections open to the upstream, or notrack help.",
    severity: Severity::Warning,
    check: Check::Host(check),
};

/// `ETIMEDOUT`.
const TIMEOUT: u32 = 110;

fn check(site: &Site, flows: &[Judged]) -> Placed {
    let full = conntrack::table(&site.snapshot).is_some_and(|table| is_near_full(&table));
    let moved = conntrack::moved(&site.snapshot).filter(|moved| !full && (moved.dropped > 0 || moved.clashed > 0));
    let first = flows.iter().position(|judged| is_tracked(site, judged));
    let (Some(moved), Some(first), Some(later)) = (moved, first, &site.snapshot.traffic.later) else { return Vec::new() };
    let seconds = std::time::Duration::from_millis(later.after).as_secs_f64();
    let title = format!("connection tracking dropped {} packets within {seconds:.1} s", moved.dropped.saturating_add(moved.clashed));
    let counters = [(moved.clashed, "insert_failed"), (moved.dropped, "drop")];
    let facts = counters.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{name} grew by {count}")).collect();
    let symptom = Symptom { text: "connection timed out".into(), errno: Some(TIMEOUT), seen: None };
    vec![(first, Problem { symptom: Some(symptom), doubtful: true, ..Problem::beside(title, facts) })]
}
