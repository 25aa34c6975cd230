//! `name-differs`.

use super::{Audit, Check, Placed, Problem, Severity, judge::Judged};
use crate::{gateway::Expect, site::Site};

/// A name means different addresses to those who are asked.
pub const AUDIT: Audit = Audit {
    code: "name-differs",
    summary: "the name of an upstream means other addresses, depending on who is asked and when",
    explanation: "\
The hosts file and a name server tell different addresses for an upstream's name, or the name servers tell others each time that they are asked. Which one the proxy
uses depends on how it resolves: when it starts by the system's rules (the hosts file first), or while it runs by name servers of its own, past the hosts file (nginx with
\"resolver\", haproxy with \"resolvers\"). Rules that let one address pass may stop the other; every address that was told is a flow of its own here. Make both say the same, or
take the old line out of /etc/hosts.",
    severity: Severity::Warning,
    check: Check::Host(check),
};

fn check(_: &Site, flows: &[Judged]) -> Placed {
    let mut told: Placed = Vec::new();
    for (index, judged) in flows.iter().enumerate().filter(|(_, judged)| judged.flow.expect == Expect::Pass) {
        let Some(wanted) = judged.flow.wanted.as_ref() else { continue };
        let Some(differing) = wanted.differing.as_ref().filter(|each| told.iter().all(|(_, problem)| problem.facts != each.sayings)) else {
            continue;
        };
        let title = format!("{}, an upstream of {}, means different addresses, depending on who is asked", differing.name, wanted.proxy);
        told.push((index, Problem::beside(title, differing.sayings.clone())));
    }
    told
}
