//! Flows found without any configuration: whatever listens wants to be reached.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Expression, Flow, Role,
    expression::{Block, Endpoint, Hosts, Protocol},
};
use crate::{
    model::IpVersion,
    network::{ListeningSocket, Network},
    snapshot::{Owner, Snapshot},
};

/// The ports of a web gateway: that clients can't reach them is an error, whoever listens.
pub(super) const WEB_PORTS: [(Protocol, u16); 5] =
    [(Protocol::TCP, 80), (Protocol::TCP, 443), (Protocol::UDP, 443), (Protocol::TCP, 8080), (Protocol::TCP, 8443)];

/// Programs that are gateways: whatever they listen on is for clients.
pub(super) const GATEWAYS: [&str; 9] = ["nginx", "haproxy", "apache2", "httpd", "caddy", "traefik", "envoy", "docker-proxy", "varnishd"];

/// Ports of clients that hold an unconnected UDP socket (DHCP, DHCPv6).
const UDP_CLIENTS: [u16; 2] = [68, 546];

/// What listens on this host, clients of the web ports first, then by port.
pub fn flows(snapshot: &Snapshot, network: &Network) -> Vec<Flow> {
    let mut flows = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |flow: Flow| {
        if seen.insert((flow.expression.clone(), flow.version)) {
            flows.push(flow);
        }
    };
    for socket in network.sockets.iter().filter(|socket| is_server(socket, network)) {
        let owner = snapshot.owners.iter().find(|owner| owner.inode == socket.inode && socket.inode != 0);
        from_outside(socket, owner, network).into_iter().chain(from_here(socket, owner)).for_each(&mut add);
    }
    for &(protocol, port) in &WEB_PORTS[..3] {
        for version in [IpVersion::V4, IpVersion::V6] {
            let Some(own) = own_hosts(version, network) else { continue };
            let mut flow = Flow::new(to(protocol, Hosts::Any, own, port), Role::Client);
            flow.version = Some(version);
            flow.source = "a rule translates its destination".to_owned();
            flow.if_translated = true;
            add(flow);
        }
    }
    let port = |flow: &Flow| flow.expression.destination.ports.first().copied();
    flows.sort_by_key(|flow| (flow.role, port(flow), flow.expression.protocol));
    flows
}

/// A socket that waits for strangers: not one of a client that happens to be unconnected.
fn is_server(socket: &ListeningSocket, network: &Network) -> bool {
    // A socket of the kernel itself (WireGuard) has no inode.
    let client = UDP_CLIENTS.contains(&socket.port) || (network.client_ports.contains(socket.port) && socket.inode != 0);
    socket.peer.is_none() && !socket.address.is_multicast() && !(socket.protocol == Protocol::UDP.0 && client)
}

/// Clients of a socket that is not bound to loopback, in each IP version that it takes.
fn from_outside(socket: &ListeningSocket, owner: Option<&Owner>, network: &Network) -> Vec<Flow> {
    let device = socket.device.and_then(|index| network.links.iter().find(|link| link.index == index));
    if socket.address.is_loopback() || device.is_some_and(|link| link.loopback) {
        return Vec::new();
    }
    let gateway = owner.is_some_and(|owner| GATEWAYS.contains(&owner.command.as_str()));
    let web = WEB_PORTS.contains(&(Protocol(socket.protocol), socket.port));
    let role = if gateway || web { Role::Client } else { Role::Service };
    let client_of = |own: Hosts, version: IpVersion| {
        let mut expression = to(Protocol(socket.protocol), Hosts::Any, own, socket.port);
        expression.incoming = device.map(|link| link.name.clone());
        found(expression, version, role, socket, owner)
    };
    versions(socket)
        .filter_map(|version| {
            let bound = (!socket.address.is_unspecified()).then(|| Hosts::address(socket.address));
            Some(client_of(bound.or_else(|| own_hosts(version, network))?, version))
        })
        .collect()
}

/// The IP versions of packets that a socket takes: an IPv6 wildcard takes IPv4 as well unless told not to.
fn versions(socket: &ListeningSocket) -> impl Iterator<Item = IpVersion> {
    let four = socket.address.is_ipv4() || (socket.address.is_unspecified() && !socket.v6only);
    [four.then_some(IpVersion::V4), socket.address.is_ipv6().then_some(IpVersion::V6)].into_iter().flatten()
}

/// The addresses by which clients know this host: spelled out if they are few, none if it has none.
pub fn own_hosts(version: IpVersion, network: &Network) -> Option<Hosts> {
    let known = network.addresses.iter().map(|address| address.local.addr()).filter(|address| match address {
        IpAddr::V4(address) => version == IpVersion::V4 && !address.is_loopback(),
        IpAddr::V6(address) => version == IpVersion::V6 && !address.is_loopback() && !address.is_unicast_link_local(),
    });
    let blocks: Vec<Block> = known.map(|address| Block::Prefix(address.into())).collect();
    match blocks.len() {
        0 => None,
        1..=MOST_SPELLED_OUT => Some(Hosts::Blocks(blocks)),
        _ => Some(Hosts::Local),
    }
}

const MOST_SPELLED_OUT: usize = 4;

/// This host's own connections to the socket, from the very address that it connects to.
fn from_here(socket: &ListeningSocket, owner: Option<&Owner>) -> Vec<Flow> {
    let loopback = |version: IpVersion| {
        let wildcard = match version {
            IpVersion::V4 => IpAddr::from(Ipv4Addr::LOCALHOST),
            IpVersion::V6 => Ipv6Addr::LOCALHOST.into(),
        };
        let address = if socket.address.is_unspecified() { wildcard } else { socket.address };
        let expression = to(Protocol(socket.protocol), Hosts::address(address), Hosts::address(address), socket.port);
        found(expression, version, Role::Loopback, socket, owner)
    };
    if socket.device.is_some() { Vec::new() } else { versions(socket).map(loopback).collect() }
}

fn found(expression: Expression, version: IpVersion, role: Role, socket: &ListeningSocket, owner: Option<&Owner>) -> Flow {
    let at = std::net::SocketAddr::new(socket.address, socket.port);
    let who = owner.map_or_else(|| "a socket".to_owned(), |owner| format!("{} (pid {})", owner.command, owner.pid));
    let mut flow = Flow::new(expression, role);
    flow.version = Some(version);
    flow.source = format!("{who} listens on {at}");
    flow.program = owner.map(|owner| owner.command.clone());
    flow.socket = Some(at);
    flow
}

fn to(protocol: Protocol, source: Hosts, destination: Hosts, port: u16) -> Expression {
    Expression {
        protocol,
        source: Endpoint { hosts: source, ports: Vec::new() },
        destination: Endpoint { hosts: destination, ports: vec![(port, port)] },
        incoming: None,
        outgoing: None,
        mark: None,
        state: None,
    }
}
