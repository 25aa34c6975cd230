//! `exposed-upstream`.

use super::{
    Audit, Check, Placed, Problem, Severity,
    judge::{Fate, Judged, Piece, Verdict},
};
use crate::{
    gateway::{Role, expression::Hosts, published::PROGRAM},
    model::{Field, IpVersion, Values, values::Relation},
    simulate::outcome::Delivery,
    site::Site,
};

/// A way around the proxy.
pub const AUDIT: Audit = Audit {
    code: "exposed-upstream",
    summary: "a port that only the proxy needs is open to everybody",
    explanation: "\
A proxy on this host has its upstream on this host, and the upstream listens on an address that others reach, and the rules let anybody in: what the proxy checks (TLS, passwords, limits,
request filters) is gone around by asking the port directly. Let the service listen on 127.0.0.1 or a socket file, or let the rules take its port from the proxy alone.
Published ports of containers pass the rules for forwarded packets, not those for this host (INPUT, ufw allow and deny): publish them as 127.0.0.1:PORT.",
    severity: Severity::Warning,
    check: Check::Host(check),
};

fn check(site: &Site, flows: &[Judged]) -> Placed {
    flows
        .iter()
        .enumerate()
        .filter_map(|(index, judged)| {
            let any = judged.flow.expression.source.hosts == Hosts::Any && !site.snapshot.has_unread_sets();
            let container = any && is_published(site, judged);
            // Who comes from another container meets the rules for this host itself.
            let open = any && (container || matches!(judged.verdict, Verdict::Pass | Verdict::Degraded));
            let leads_around = |upstream: &&Judged| {
                is_sent_here(upstream, judged.version)
                    && (judged.flow.role == Role::Service && has_same_socket(upstream, judged)
                        || container && has_same_container(site, upstream, judged))
            };
            let proxy = open.then(|| flows.iter().find(leads_around)).flatten()?;
            let title = format!("{} is open to everybody, and only {} needs it", judged.to(), proxy.sender());
            let mut facts = vec![format!("{} has its upstream there: {}", proxy.sender(), proxy.flow.source)];
            if container {
                facts.push(
                    "a container publishes it: rules for this host itself (INPUT, those of ufw allow and deny) do not see these packets"
                        .into(),
                );
            }
            Some((index, Problem::beside(title, facts)))
        })
        .collect()
}

/// Whether it is a proxy's leg that this host sends.
fn is_sent_here(upstream: &Judged, version: IpVersion) -> bool {
    let sent_here = || upstream.start.packets.relation(Field::InInterface, &Values::one(32, 0)) == Relation::Inside;
    upstream.flow.role == Role::Upstream && upstream.version == version && sent_here()
}

/// Whether a proxy's leg ends at the very socket that others reach, too.
fn has_same_socket(upstream: &Judged, open: &Judged) -> bool {
    socket(upstream).is_some_and(|it| socket(open) == Some(it))
}

/// The socket that takes a flow.
fn socket(judged: &Judged) -> Option<usize> {
    match judged.served()?.outcome.delivery {
        Delivery::Local { socket } => socket,
        _ => None,
    }
}

/// Whether a helper of Docker listens where the flow goes, and rules lead the flow on to a container.
fn is_published(site: &Site, judged: &Judged) -> bool {
    let sockets = site.lowered(judged.version).host.sockets.len();
    (0..sockets).any(|index| is_helper_of(site, judged, index)) && led(judged).next().is_some()
}

/// Whether a socket is that of Docker's helper for the port of a flow.
fn is_helper_of(site: &Site, judged: &Judged, index: usize) -> bool {
    let flow = &judged.flow.expression;
    site.socket(judged.version, index).is_some_and(|(socket, owner)| {
        owner.is_some_and(|owner| owner.command == PROGRAM)
            && socket.protocol == flow.protocol.0
            && flow.destination.ports.iter().any(|(low, high)| (*low..=*high).contains(&socket.port))
    })
}

/// Whether a proxy's leg ends at the container to which a published port leads: at its own address, or by Docker's helper for that port.
fn has_same_container(site: &Site, upstream: &Judged, open: &Judged) -> bool {
    let Some(piece) = upstream.served() else { return false };
    match piece.outcome.delivery {
        Delivery::Local { socket: Some(socket) } => is_helper_of(site, open, socket),
        Delivery::Sent { .. } => destination(piece, upstream.version).is_some_and(|end| led(open).any(|other| other == end)),
        _ => false,
    }
}

/// The addresses and ports to which packets of most senders that get through are led on from this host.
fn led(judged: &Judged) -> impl Iterator<Item = (u128, u128)> {
    let [first, ..] = &judged.legs;
    let passing = first.pieces.iter().filter(|piece| !piece.honest.is_empty() && piece.fate == Fate::Pass);
    let forwarded = passing.filter(|piece| matches!(piece.outcome.delivery, Delivery::Forward { .. }));
    forwarded.filter(|piece| is_of_most(piece, judged.version)).filter_map(|piece| destination(piece, judged.version))
}

/// Whether more senders than those of single networks have packets of a piece: more than a sixteenth of all addresses.
fn is_of_most(piece: &Piece, version: IpVersion) -> bool {
    let width = Field::Source.width(version);
    let ranges = piece.honest.values(Field::Source, width).ranges(MOST_RANGES).unwrap_or_default();
    ranges.iter().map(|(low, high)| (high - low) >> (width - 8)).sum::<u128>() >= 16
}

/// Whoever is let in by more ranges than this is chosen one by one.
const MOST_RANGES: usize = 4_096;

/// The one address and port that packets have in the end.
fn destination(piece: &Piece, version: IpVersion) -> Option<(u128, u128)> {
    let value = |field: Field| match piece.outcome.changed.get(field) {
        Some(bits) => bits.as_constant(),
        None => piece.honest.values(field, field.width(version)).single(),
    };
    Some((value(Field::Destination)?, value(Field::DestinationPort)?))
}
