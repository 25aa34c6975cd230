//! `gateway-address-banned`.

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Piece},
    member::{self, Member},
    stopped_by,
};
use crate::{gateway::Role, simulate::outcome::Decision, site::Site};

/// A ban that hits who belongs to the gateway.
pub const AUDIT: Audit = Audit {
    code: "gateway-address-banned",
    summary: "an address that belongs to the gateway is banned",
    explanation: "\
A rule stops the flow because one of its addresses stands in a list of banned ones: an upstream, the proxy itself, or the gateway's own address. Programs such as fail2ban,
CrowdSec and CSF ban who looks like an attacker, and to a log that names the proxy instead of the user the proxy is the attacker. The ban may end by itself; the time left
is told where the set has it. Take the address out (fail2ban-client set JAIL unbanip ADDRESS, cscli decisions delete --ip ADDRESS, ipset del, nft delete element), and see to it that
it does not come back: ignoreip, an allow-list, and the user's own address in the log (X-Forwarded-For, the PROXY protocol).",
    severity: Severity::Error,
    check: Check::Flow(check),
};

/// Programs that ban.
const BANNING: [&str; 3] = ["fail2ban", "CrowdSec", "CSF"];

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let known = matches!(judged.flow.role, Role::Upstream | Role::Resolver | Role::Loopback);
    let (problem, _) = known.then(|| stopped_by(judged, |piece| is_ban(site, judged, piece))).flatten()?;
    let title = format!("an address of the traffic to {} is banned", judged.to());
    Some(Problem { title, ..problem })
}

fn is_ban(site: &Site, judged: &Judged, piece: &Piece) -> bool {
    let Decision::Rule { rule, .. } = &piece.outcome.decided_by else { return false };
    let writer = site.writer(judged.version, rule.chain, Some(rule.index));
    banned(site, judged, piece).is_some()
        || writer.is_some_and(|writer| BANNING.contains(&writer.name) && names_address(site, judged, piece))
}

/// A single address in a set that has a name.
fn banned(site: &Site, judged: &Judged, piece: &Piece) -> Option<Member> {
    member::of_piece(site, judged, piece).into_iter().find(|member| member.named && member.element == member.key && member.is_address())
}

/// Whether a rule is for one sender or receiver only.
fn names_address(site: &Site, judged: &Judged, piece: &Piece) -> bool {
    let Decision::Rule { rule, .. } = &piece.outcome.decided_by else { return false };
    let text = site.rule_text(judged.version, *rule);
    text.split_whitespace().any(|word| word.split('/').next().is_some_and(|word| word.parse::<std::net::IpAddr>().is_ok()))
}
