//! `wrong-hook`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    judge::Judged,
    meant::{Meant, Why, placed},
};
use crate::{gateway::Role, site::Site};

/// A rule where the flow never passes.
pub const AUDIT: Audit = Audit {
    code: "wrong-hook",
    summary: "a rule that seems meant for the traffic stands where it never passes",
    explanation: "\
INPUT is for what this host itself takes, OUTPUT for what it sends, FORWARD for what goes through it to another host, a virtual machine or a
container; no packet passes both INPUT and FORWARD. A port that Docker publishes, or that a DNAT rule leads elsewhere, goes through FORWARD (with
Docker: DOCKER-USER), whatever INPUT says. And it does so with its new destination: rules of FORWARD ask for the address and port of the container,
not for the published port, which they find by -m conntrack --ctorigdstport alone (in nft: ct original proto-dst). A rule in a chain of its own
helps only where another rule jumps to that chain.",
    severity: Severity::Note,
    check: Check::Meant(check),
};

fn check(site: &Site, flows: &[Judged], meant: &[Option<Meant>]) -> Placed {
    placed(flows, meant, |judged, meant| {
        let title = format!("a rule that seems meant for traffic to {} never sees it", judged.to());
        let wanted = matches!(meant.why, Why::Elsewhere(_) | Why::Detached | Why::Translated(_));
        let doubtful = judged.flow.role == Role::Upstream && matches!(meant.why, Why::Elsewhere(_));
        wanted.then(|| Problem { doubtful, ..meant.problem(site, judged, title) })
    })
}
