//! `upstream-unresolved`.

use super::{Audit, Check, Problem, Severity, judge::Judged};
use crate::gateway::proxy::Unresolved;
use crate::site::Site;

/// A name without addresses.
pub const AUDIT: Audit = Audit {
    code: "upstream-unresolved",
    summary: "the name of an upstream has no address",
    explanation: "\
The proxy's configuration names an upstream by a host name, and this host knows no address for it: neither its hosts file nor its name servers do. A
proxy that resolves names when it starts refuses to start or to reload then (nginx: \"host not found in upstream\"); one that runs goes on with the
addresses that it had. One that resolves while it runs answers 502 or 503. No rule is to blame, unless it stops the questions to the name server.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(_: &Site, judged: &Judged) -> Option<Problem> {
    let wanted = judged.flow.wanted.as_ref()?;
    let absent = wanted.unresolved.as_ref()? == &Unresolved::Absent;
    let title = format!("{} can't find {}: the name has no address", wanted.proxy, judged.flow.expression.destination);
    absent.then(|| Problem::shown(title, Vec::new()))
}
