//! `blocklist-with-private-space`.

use std::net::IpAddr;

use super::{Audit, Check, Problem, Severity, judge::Judged, member, stopped_by};
use crate::{gateway::Role, site::Site};

/// A list of foreign addresses has one's own in it.
pub const AUDIT: Audit = Audit {
    code: "blocklist-with-private-space",
    summary: "a blocklist holds private networks, and the gateway's own traffic is in them",
    explanation: "\
Lists of addresses from which nothing good can come (bogons, full bogons, Spamhaus DROP, FireHOL level 1) hold the private networks too: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16,
100.64.0.0/10, 127.0.0.0/8, fc00::/7. They are meant for what comes from the internet by the outer interface. Where the rule that asks the list names no interface, or stands in output
or forward, it stops the gateway's own upstreams, name servers and loopback as well. Let the rule ask only what comes in by the outer interface, or accept one's own networks before it.",
    severity: Severity::Error,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    if !matches!(judged.flow.role, Role::Upstream | Role::Resolver | Role::Loopback) {
        return None;
    }
    let listed = |piece: &super::judge::Piece| {
        let members = member::of_piece(site, judged, piece);
        members.into_iter().find(|member| member.named && member.element != member.key && member.key.parse().is_ok_and(is_private))
    };
    let (problem, _) = stopped_by(judged, |piece| listed(piece).is_some())?;
    let title = format!("a blocklist with private networks stops traffic to {}", judged.to());
    Some(Problem { title, ..problem })
}

/// Addresses that only neighbours have (RFC 1918, 6598, 3927, 4193, and loopback).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private() || address.is_loopback() || address.is_link_local() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}
