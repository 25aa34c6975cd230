//! Routes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netlink_packet_route::{
    AddressFamily,
    route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteNextHop, RouteNextHopFlags, RouteType, RouteVia},
};

use super::{Reason, net, nexthop::Objects, unknown};
use crate::network::{Nexthop, Route, RouteKind};

/// `RTA_PAD`.
const PADDING: u16 = 24;

pub(super) fn route(message: RouteMessage, objects: &Objects) -> Result<Option<Route>, Reason> {
    let header = message.header;
    let any = match header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        // Not asked for: MPLS and multicast forwarding.
        _ => return Ok(None),
    };
    if header.flags.contains(RouteFlags::Cloned) {
        // Learned by redirect or path MTU discovery, for one destination: not configuration.
        return Ok(None);
    }
    let mut route = Route {
        table: header.table.into(),
        kind: kind(header.kind),
        destination: net(any, header.destination_prefix_length)?,
        source: None,
        tos: header.tos,
        metric: 0,
        scope: header.scope.into(),
        preferred_source: None,
        nexthops: Vec::new(),
        opaque: Vec::new(),
    };
    let dead = header.flags.contains(RouteFlags::Dead);
    let mut single = Nexthop { link: 0, gateway: None, weight: 1, dead };
    let mut object = None;
    for attribute in message.attributes {
        match attribute {
            RouteAttribute::Table(table) => route.table = table,
            RouteAttribute::Destination(to) => route.destination = prefix(to, header.destination_prefix_length)?,
            RouteAttribute::Source(from) => route.source = Some(prefix(from, header.source_prefix_length)?),
            RouteAttribute::PrefSource(from) => route.preferred_source = Some(address(from)?),
            RouteAttribute::Priority(metric) => route.metric = metric,
            RouteAttribute::Oif(link) => single.link = link,
            RouteAttribute::MultiPath(hops) => {
                route.nexthops = hops.into_iter().map(|hop| nexthop(hop, &mut route.opaque)).collect::<Result<_, _>>()?;
            }
            RouteAttribute::NhId(id) => object = Some(id),
            other => gateway(other, &mut single, &mut route.opaque)?,
        }
    }
    if route.nexthops.is_empty() && (single.link != 0 || single.gateway.is_some()) {
        route.nexthops.push(single);
    }
    // With `nexthop_compat_mode`, the default, the kernel tells both.
    if let Some(id) = object.filter(|_| route.nexthops.is_empty()) {
        let resolved = objects.resolve(id);
        route.nexthops = resolved.nexthops;
        route.opaque.extend(resolved.opaque);
        if resolved.blackhole {
            route.kind = RouteKind::Blackhole;
        }
    }
    // IPv6 tells lo as the nexthop of routes that lead nowhere (`fib6_config`).
    if matches!(route.kind, RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit | RouteKind::Throw) {
        route.nexthops.clear();
    }
    Ok(Some(route))
}

/// Whether the route, or one of its nexthops, gives packets a realm (`RTA_FLOW`).
pub(super) fn has_realm(message: &RouteMessage) -> bool {
    let gives = |attribute: &RouteAttribute| matches!(attribute, RouteAttribute::Realm(_));
    message.attributes.iter().any(|attribute| match attribute {
        RouteAttribute::MultiPath(hops) => hops.iter().flat_map(|hop| &hop.attributes).any(gives),
        other => gives(other),
    })
}

/// One nexthop of several (`struct rtnexthop`).
fn nexthop(hop: RouteNextHop, opaque: &mut Vec<String>) -> Result<Nexthop, Reason> {
    let dead = hop.flags.contains(RouteNextHopFlags::Dead);
    let mut nexthop = Nexthop { link: hop.interface_index, gateway: None, weight: u16::from(hop.hops) + 1, dead };
    for attribute in hop.attributes {
        gateway(attribute, &mut nexthop, opaque)?;
    }
    Ok(nexthop)
}

/// Attributes that a nexthop may have, in a multipath route or on its own.
fn gateway(attribute: RouteAttribute, nexthop: &mut Nexthop, opaque: &mut Vec<String>) -> Result<(), Reason> {
    match attribute {
        RouteAttribute::Gateway(gateway) => nexthop.gateway = Some(address(gateway)?),
        // IPv4 by way of an IPv6 gateway.
        RouteAttribute::Via(RouteVia::Inet(gateway)) => nexthop.gateway = Some(gateway.into()),
        RouteAttribute::Via(RouteVia::Inet6(gateway)) => nexthop.gateway = Some(gateway.into()),
        RouteAttribute::Via(_) => opaque.push("via".into()),
        RouteAttribute::Encap(_) | RouteAttribute::EncapType(_) => opaque.push("encap".into()),
        // How the route was learned, how long it lives, its MTU, its realm, and IPv6's router preference, which orders only routes that
        // are alike in all else.
        RouteAttribute::Metrics(_)
        | RouteAttribute::CacheInfo(_)
        | RouteAttribute::Expires(_)
        | RouteAttribute::Preference(_)
        | RouteAttribute::Realm(_)
        | RouteAttribute::TtlPropagate(_) => {}
        RouteAttribute::Other(attribute) if netlink_packet_core::Nla::kind(&attribute) == PADDING => {}
        RouteAttribute::Other(attribute) => opaque.push(unknown(&attribute)),
        other => opaque.push(format!("{other:?}")),
    }
    Ok(())
}

fn address(address: RouteAddress) -> Result<IpAddr, Reason> {
    match address {
        RouteAddress::Inet(address) => Ok(address.into()),
        RouteAddress::Inet6(address) => Ok(address.into()),
        other => Err(format!("{other:?} is no IP address")),
    }
}

fn prefix(to: RouteAddress, length: u8) -> Result<IpNet, Reason> {
    net(address(to)?, length)
}

fn kind(kind: RouteType) -> RouteKind {
    match kind {
        RouteType::Unicast => RouteKind::Unicast,
        RouteType::Local => RouteKind::Local,
        RouteType::Broadcast => RouteKind::Broadcast,
        RouteType::Anycast => RouteKind::Anycast,
        RouteType::Multicast => RouteKind::Multicast,
        RouteType::BlackHole => RouteKind::Blackhole,
        RouteType::Unreachable => RouteKind::Unreachable,
        RouteType::Prohibit => RouteKind::Prohibit,
        RouteType::Throw => RouteKind::Throw,
        other => RouteKind::Other(other.into()),
    }
}
