//! `near-miss`.

use super::{
    Audit, Check, Placed, Severity,
    judge::Judged,
    meant::{Meant, Why, field, placed},
};
use crate::site::Site;

/// A rule lacks one thing.
pub const AUDIT: Audit = Audit {
    code: "near-miss",
    summary: "a rule would accept the traffic, but for one field",
    explanation: "\
The flow is stopped, and there is a rule that looks as if it was made for it: it fits the stopped packets in everything but one field. Which field
that is, what the rule asks for and what the packets have is told. Often a prefix is another (10.0.1.0/24 where clients come from 10.0.2.0/24), the
rule names another interface than the one by which they come, udp stands for tcp, a port was moved in the service and not in the rule, --sport
stands for --dport, or the address is missing in the set that the rule reads. A rule for an interface that this host does not have is not told here.
Correct the rule rather than add a second one; the fix that is shown with the blocked flow opens no more than the flow needs.",
    severity: Severity::Note,
    check: Check::Meant(check),
};

fn check(site: &Site, flows: &[Judged], meant: &[Option<Meant>]) -> Placed {
    placed(flows, meant, |judged, meant| {
        let Why::Lacks(difference) = &meant.why else { return None };
        let title = format!("a rule would accept traffic to {}, but for the {}", judged.to(), field(difference.field));
        Some(meant.problem(site, judged, title))
    })
}
