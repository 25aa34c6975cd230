//! `ipv6-forgotten`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    judge::{Judged, Verdict},
    meant::{Meant, Why, placed},
    reboot,
};
use crate::{gateway::Role, model::IpVersion, simulate::outcome::Decision, site::Site};

/// Rules for one IP version, and not for the other.
pub const AUDIT: Audit = Audit {
    code: "ipv6-forgotten",
    summary: "the rules of one IP version say what those of the other do not",
    explanation: "\
IPv4 and IPv6 have tables of their own: what iptables is told ip6tables does not know, and a rule of a table ip, or one that asks for an IPv4
address, says nothing about IPv6. Either a rule accepts the flow in one version and nothing does in the other, so that clients that have both wait
for the one that is closed before they try the other, and those that have only that one fail; or, worse, what the rules keep closed to IPv4 is open
to IPv6, since nobody ever wrote rules for it. Write both: with ip6tables as with iptables, or in one table inet; ufw does so where IPV6=yes stands
in /etc/default/ufw.",
    severity: Severity::Note,
    check: Check::Meant(check),
};

fn check(site: &Site, flows: &[Judged], meant: &[Option<Meant>]) -> Placed {
    let mut found = placed(flows, meant, |judged, meant| {
        let title = format!("a rule accepts traffic to port {} in {} alone", ports(judged), name(meant.version));
        matches!(meant.why, Why::OtherVersion).then(|| meant.problem(site, judged, title))
    });
    for (index, open) in flows.iter().enumerate().filter(|(_, judged)| is_open_by_policy(judged)) {
        let closed = flows.iter().find(|other| is_twin(open, other) && other.verdict == Verdict::Blocked);
        let Some((closed, decision)) = closed.and_then(|closed| Some((closed, reboot::decisive(closed)?))) else { continue };
        let title = format!("port {} is closed to {} and open to {}", ports(open), name(closed.version), name(open.version));
        let mut facts = vec![format!("{}: {}", name(closed.version), reboot::words(site, closed.version, decision))];
        let passed = reboot::decisive(open);
        facts.extend(passed.map(|decision| format!("{}: {}", name(open.version), reboot::words(site, open.version, decision))));
        found.push((index, Problem::beside(title, facts)));
    }
    found
}

/// Whether it comes to this host for want of any rule that says otherwise.
fn is_open_by_policy(judged: &Judged) -> bool {
    let by_policy = |decision: &Decision| matches!(decision, Decision::Policy { .. } | Decision::Stage { .. });
    let served = judged.served().filter(|_| matches!(judged.flow.role, Role::Client | Role::Service) && judged.verdict == Verdict::Pass);
    served.is_some_and(|piece| piece.outcome.passed.iter().chain([&piece.outcome.decided_by]).all(by_policy))
}

/// The same service in the other IP version.
fn is_twin(one: &Judged, other: &Judged) -> bool {
    let of = |judged: &Judged| (judged.flow.role, judged.flow.expression.protocol, judged.flow.program.clone());
    let ports = |judged: &Judged| judged.flow.expression.destination.ports.clone();
    one.version != other.version && of(one) == of(other) && ports(one) == ports(other)
}

fn ports(judged: &Judged) -> String {
    let range = |(low, high): &(u16, u16)| if low == high { low.to_string() } else { format!("{low}-{high}") };
    let ports: Vec<String> = judged.flow.expression.destination.ports.iter().map(range).collect();
    format!("{}/{}", ports.join(","), judged.flow.expression.protocol)
}

const fn name(version: IpVersion) -> &'static str {
    match version {
        IpVersion::V4 => "IPv4",
        IpVersion::V6 => "IPv6",
    }
}
