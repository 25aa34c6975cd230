//! A host that is described, not collected: what the kernel would tell of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Address, Link, ListeningSocket, Network, Nexthop, PolicyAction, PolicyRule, Route, RouteKind};
use crate::snapshot::described::{Description, Interface, Listener, StaticRoute, Target, Transport};

const MAIN: u32 = 254;
const LOCAL: u32 = 255;
const DEFAULT: u32 = 253;

const LOOPBACK_4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8);
const LOOPBACK_6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);

/// What the kernel would tell of a host. Interfaces that routes name and that are not there are told.
#[must_use]
pub fn network(description: &Description) -> Network {
    let mut network = Network::default();
    let loopback = Interface { name: "lo".into(), addresses: vec![LOOPBACK_4.into(), LOOPBACK_6.into()], kind: None, up: true };
    let others = description.interfaces.iter().filter(|interface| interface.name != "lo");
    for (index, interface) in (1..).zip(std::iter::once(&loopback).chain(others)) {
        network.links.push(link(index, interface));
        for address in &interface.addresses {
            connect(&mut network, index, *address, interface.name == "lo");
        }
    }
    for route in &description.routes {
        let Some(link) = network.links.iter().find(|link| link.name == route.dev).map(|link| link.index) else {
            network.incomplete.push(format!("a route leads to {}, which is no interface of the described host", route.dev));
            continue;
        };
        network.routes.extend(destinations(route).into_iter().map(|destination| Route {
            nexthops: vec![Nexthop { link, gateway: route.via, weight: 1, dead: false }],
            ..plain(MAIN, RouteKind::Unicast, destination)
        }));
    }
    network.rules = [(4, 0, LOCAL), (6, 0, LOCAL), (4, 32766, MAIN), (6, 32766, MAIN), (4, 32767, DEFAULT)].map(policy_rule).into();
    network.sockets = (1..).zip(&description.listeners).map(|(inode, listener)| socket(listener, inode)).collect();
    network
}

fn destinations(route: &StaticRoute) -> Vec<IpNet> {
    let (four, six) = (Ipv4Net::default().into(), Ipv6Net::default().into());
    match (route.to, route.via) {
        (Target::Net(net), _) => vec![net.trunc()],
        (Target::Default, Some(IpAddr::V4(_))) => vec![four],
        (Target::Default, Some(IpAddr::V6(_))) => vec![six],
        (Target::Default, None) => vec![four, six],
    }
}

fn socket(listener: &Listener, inode: u32) -> ListeningSocket {
    ListeningSocket {
        protocol: if listener.protocol == Transport::Tcp { 6 } else { 17 },
        address: listener.address.ip(),
        port: listener.address.port(),
        v6only: false,
        device: None,
        uid: 0,
        inode,
        peer: None,
        queue: None,
    }
}

fn link(index: u32, interface: &Interface) -> Link {
    let loopback = interface.name == "lo";
    Link {
        index,
        name: interface.name.clone(),
        kind: interface.kind.clone(),
        hardware: if loopback { 772 } else { 1 },
        up: interface.up,
        loopback,
        resolves: !loopback,
        mtu: if loopback { 65536 } else { 1500 },
        ..Link::default()
    }
}

/// An address, and the routes that the kernel makes for it.
fn connect(network: &mut Network, link: u32, net: IpNet, loopback: bool) {
    let scope = if loopback { 254 } else { 0 };
    network.addresses.push(Address { link, local: net, peer: None, broadcast: None, scope, flags: 0 });
    let nexthops = vec![Nexthop { link, gateway: None, weight: 1, dead: false }];
    let own = if loopback { net.trunc() } else { IpNet::from(net.addr()) };
    network.routes.push(Route { nexthops: nexthops.clone(), scope: 254, ..plain(LOCAL, RouteKind::Local, own) });
    if loopback {
        network.routes.push(Route { nexthops, scope: 254, ..plain(LOCAL, RouteKind::Local, IpNet::from(net.addr())) });
    } else {
        network.routes.push(Route { nexthops, scope: 253, ..plain(MAIN, RouteKind::Unicast, net.trunc()) });
    }
}

fn plain(table: u32, kind: RouteKind, destination: IpNet) -> Route {
    Route {
        table,
        kind,
        destination,
        source: None,
        tos: 0,
        metric: if destination.addr().is_ipv6() { 256 } else { 0 },
        scope: 0,
        preferred_source: None,
        nexthops: Vec::new(),
        opaque: Vec::new(),
    }
}

fn policy_rule((ip_version, priority, table): (u8, u32, u32)) -> PolicyRule {
    PolicyRule {
        ip_version,
        priority,
        invert: false,
        source: None,
        destination: None,
        tos: 0,
        iif: None,
        oif: None,
        mark: None,
        protocol: None,
        source_ports: None,
        destination_ports: None,
        uids: None,
        l3mdev: false,
        suppress_prefix_length: None,
        suppress_group: None,
        action: PolicyAction::Table(table),
        opaque: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_in_toml() {
        let text = r#"
            name = "gw"
            forwarding = true
            [[interface]]
            name = "eth0"
            addresses = ["203.0.113.10/24", "2001:db8::10/64"]
            [[route]]
            to = "default"
            via = "203.0.113.1"
            dev = "eth0"
            [[listener]]
            address = "0.0.0.0:443"
            program = "nginx"
            [sysctls]
            "net.ipv4.conf.all.rp_filter" = 1
        "#;
        let host: Description = toml::from_str(text).expect("a description");
        let network = network(&host);
        assert_eq!(network.links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>(), ["lo", "eth0"]);
        assert!(network.routes.iter().any(|route| route.table == LOCAL && route.destination.to_string() == "203.0.113.10/32"));
        assert!(network.routes.iter().any(|route| route.destination.to_string() == "0.0.0.0/0" && route.nexthops[0].link == 2));
        assert_eq!(network.sockets[0].port, 443);
        assert_eq!(host.sysctls().get("net/ipv4/conf/all/rp_filter").map(String::as_str), Some("1"));
        assert!(toml::from_str::<Description>("colour = 1").is_err());
    }
}
