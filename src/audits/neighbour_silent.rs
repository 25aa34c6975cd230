//! `neighbour-silent`.

use std::net::IpAddr;

use super::{
    Audit, Check, Problem, Severity,
    judge::{Judged, Piece, Verdict},
    symptom,
};
use crate::{
    model::{Field, IpVersion},
    network::{Network, Route, RouteKind},
    simulate::outcome::Delivery,
    site::Site,
};

/// Nobody is at the other end of the link.
pub const AUDIT: Audit = Audit {
    code: "neighbour-silent",
    summary: "the rules let the flow out, and nobody answers for its next hop on the link",
    explanation: "\
No rule stops the flow, but when this host last asked for the hardware address of the next hop (ARP, neighbour discovery), nobody answered: the machine or container is
down or gone, has another address, or stands on another link or VLAN; or a firewall of its own drops the question. Who connects sees \"no route to host\" (errno 113)
after three seconds, exactly as with a REJECT of type host-unreachable, or a timeout if its own patience ends before. \"ip neigh\" shows the entry as FAILED or INCOMPLETE;
it is made anew by the next attempt, so look at it while one goes on.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let (piece, fact) = silent(site, judged)?;
    let title = format!("nobody answers for {}, where the rules let it pass", judged.to());
    (!piece.is_redirected()).then(|| Problem { symptom: Some(symptom::silent(judged)), ..Problem::beside(title, vec![fact]) })
}

/// What of a flow goes to a neighbour that did not answer, and what is known of that.
pub(super) fn silent<'a>(site: &Site, judged: &'a Judged) -> Option<(&'a Piece, String)> {
    if judged.verdict != Verdict::Pass || site.network.silent.is_empty() {
        return None;
    }
    let [first, ..] = &judged.legs;
    first.pieces.iter().filter(|piece| !piece.honest.is_empty()).find_map(|piece| {
        let (Delivery::Sent { interface } | Delivery::Forward { interface }) = piece.outcome.delivery else { return None };
        let hop = next_hop(&site.network, interface, destination(judged.version, piece)?)?;
        let silent = site.network.silent.iter().find(|each| (each.neighbour.link, each.neighbour.address) == (interface, hop))?;
        let link = site.network.links.iter().find(|link| link.index == interface).map_or("", |link| &link.name);
        let ago = match silent.since {
            0..=5 => "just now".to_owned(),
            6..=119 => format!("{} s ago", silent.since),
            longer => format!("{} min ago", longer / 60),
        };
        Some((piece, format!("this host asked for {hop} on {link}, last {ago}, and nobody answered")))
    })
}

/// The one address to which a piece goes.
fn destination(version: IpVersion, piece: &Piece) -> Option<IpAddr> {
    let changed = piece.outcome.changed.iter().find(|(field, _)| *field == Field::Destination);
    let number = match changed {
        Some((_, bits)) => bits.as_constant()?,
        None => piece.honest.values(Field::Destination, Field::Destination.width(version)).single()?,
    };
    Some(match version {
        IpVersion::V4 => IpAddr::V4(u32::try_from(number).ok()?.into()),
        IpVersion::V6 => IpAddr::V6(number.into()),
    })
}

/// Whom this host asks for to reach an address by an interface: its router there by the longest prefix, or the address itself.
fn next_hop(network: &Network, interface: u32, address: IpAddr) -> Option<IpAddr> {
    let leads = |route: &&Route| {
        route.kind == RouteKind::Unicast && route.destination.contains(&address) && route.nexthops.iter().any(|hop| hop.link == interface)
    };
    let longest = network.routes.iter().filter(leads).max_by_key(|route| route.destination.prefix_len())?;
    match &longest.nexthops[..] {
        [only] => Some(only.gateway.unwrap_or(address)),
        // Which of several routers is chosen is not known.
        _ => None,
    }
}
