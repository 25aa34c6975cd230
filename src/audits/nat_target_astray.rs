//! `nat-target-astray`.

use std::net::IpAddr;

use super::{
    Audit, Check, Problem, Severity,
    judge::{Fate, Judged, Leg, Piece},
    problem,
};
use crate::{
    model::{Field, IpVersion},
    network::RouteKind,
    simulate::outcome::Delivery,
    site::Site,
};

/// A translated destination that leaves for the internet.
pub const AUDIT: Audit = Audit {
    code: "nat-target-astray",
    summary: "a rule translates the destination to a private address, and the packets leave for the internet",
    explanation: "\
A DNAT rule gives the flow a private address as its destination, and of all routes only the default one leads there, by a gateway of the internet, where nobody has such
addresses: the bridge, VPN or interface of that network is down or gone, the container or machine moved to another network, or the rule has a slip of the pen. The
rules let the packets through, and no answer ever comes. Bring the network back up, correct the rule, or add the route that is missing.",
    severity: Severity::Warning,
    check: Check::Flow(check),
};

fn check(site: &Site, judged: &Judged) -> Option<Problem> {
    let [first, ..] = &judged.legs;
    let (target, gateway) = first.pieces.iter().filter(|piece| !piece.honest.is_empty()).find_map(|piece| astray(site, judged, piece))?;
    let title = format!("{} is translated to {target}, to which only the default route leads", judged.to());
    let fact = format!("{target} is private, no network of this host has it, and the default route leads to {gateway}");
    let shown = problem(title, judged, |leg, piece| leg == Leg::First && astray(site, judged, piece).is_some())?;
    Some(Problem { facts: vec![fact], ..shown })
}

/// The private destination that packets were given, and the public gateway that they leave by.
fn astray(site: &Site, judged: &Judged, piece: &Piece) -> Option<(IpAddr, IpAddr)> {
    let (Delivery::Forward { interface } | Delivery::Sent { interface }) = piece.outcome.delivery else { return None };
    let target = piece.outcome.changed.get(Field::Destination)?.as_constant().filter(|_| piece.fate == Fate::Pass)?;
    let target = match judged.version {
        IpVersion::V4 => IpAddr::V4(u32::try_from(target).ok()?.into()),
        IpVersion::V6 => IpAddr::V6(target.into()),
    };
    let unicast = || site.network.routes.iter().filter(|route| route.kind == RouteKind::Unicast);
    let known = unicast().any(|route| route.destination.prefix_len() > 0 && route.destination.contains(&target));
    if known || !is_private(target) {
        return None;
    }
    let of_default = unicast().filter(|route| route.destination.prefix_len() == 0).flat_map(|route| &route.nexthops);
    let mut gateways = of_default.filter(|nexthop| nexthop.link == interface).filter_map(|nexthop| nexthop.gateway);
    // A router of a private network may well know others.
    gateways.find(|gateway| gateway.is_ipv4() == target.is_ipv4() && !is_private(*gateway)).map(|gateway| (target, gateway))
}

/// Addresses that the internet does not route: RFC 1918, RFC 4193, those of carriers (RFC 6598) and of links.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private() || address.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}
