//! `published-without-rule`.

use std::net::IpAddr;

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Piece},
};
use crate::{
    gateway::{
        Role,
        expression::number,
        published::{Published, published},
    },
    model::{Field, Hook, IpVersion},
    simulate::outcome::{Decision, Delivery},
    site::Site,
};

/// A container's port without its DNAT rule.
pub const AUDIT: Audit = Audit {
    code: "published-without-rule",
    summary: "a running container publishes a port, and no rule leads to the container",
    explanation: "\
Docker publishes a port twice: a DNAT rule in the chain DOCKER leads packets to the container, and a helper, docker-proxy, takes those that the rule does not.
Here the helper runs and the rule is gone, most often as rules were flushed or loaded anew after the container was started (nft -f with \"flush
ruleset\", iptables-restore, a restart of the firewall). Packets then go to the helper: the rules for this host (INPUT) decide instead of those for containers
(DOCKER-USER, FORWARD), and the container sees this host as its client. Restart the container or the Docker daemon, which makes the rules anew; let the firewall be loaded
before Docker, and without flushing the rules of others.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    if !matches!(judged.flow.role, Role::Client | Role::Service) {
        return None;
    }
    let port = published(&site.snapshot).find(|port| is_meant(judged, port))?;
    let Published { host, host_port, container, container_port, pid, .. } = port;
    let title = format!("no rule leads {} to the container {container}:{container_port}, which publishes it", judged.to());
    let facts = vec![
        format!("docker-proxy (pid {pid}) publishes port {host_port} of {host} for {container}:{container_port}"),
        format!("no packet of the flow is given the destination {container}; they go on to this host itself"),
    ];
    Some(Problem::beside(title, facts))
}

/// Whether the flow is for a published port, and comes through to this host itself instead of the container.
fn is_meant(judged: &Judged, port: &Published) -> bool {
    let to = &judged.flow.expression;
    // A helper that leads from one IP version to the other does so without rules.
    let version = |address: IpAddr| if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 };
    let asked = to.protocol == port.protocol
        && to.destination.ports.iter().any(|(low, high)| (*low..=*high).contains(&port.host_port))
        && version(port.host) == judged.version
        && version(port.container) == judged.version
        && !port.host.is_loopback();
    let [first, ..] = &judged.legs;
    let counts = || first.pieces.iter().filter(|piece| !piece.honest.is_empty() && is_to(judged, piece, port));
    asked && counts().any(reaches_this_host) && !first.pieces.iter().any(|piece| leads_to(piece, port.container))
}

fn is_to(judged: &Judged, piece: &Piece, port: &Published) -> bool {
    let hosts = piece.honest.values(Field::Destination, Field::Destination.width(judged.version));
    port.host.is_unspecified() || hosts.contains(number(port.host))
}

fn leads_to(piece: &Piece, container: IpAddr) -> bool {
    piece.outcome.changed.get(Field::Destination).and_then(|bits| bits.as_constant()) == Some(number(container))
}

/// Whether the packets are delivered here, or were judged by the rules for this host.
fn reaches_this_host(piece: &Piece) -> bool {
    let input = matches!(
        piece.outcome.decided_by,
        Decision::Rule { hook: Hook::Input, .. } | Decision::Policy { hook: Hook::Input, .. } | Decision::Several { hook: Hook::Input, .. }
    );
    (input || matches!(piece.outcome.delivery, Delivery::Local { .. })) && piece.outcome.changed.get(Field::Destination).is_none()
}
