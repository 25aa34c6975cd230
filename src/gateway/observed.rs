//! Flows that no configuration names, as they were seen to travel: what proxies connect to, and what containers do.

use std::{
    collections::{BTreeMap, HashSet},
    net::{IpAddr, SocketAddr},
};

use super::{
    Expression, Flow, Role,
    expression::{Endpoint, Hosts, Protocol},
    listeners, proxy,
};
use crate::{
    model::IpVersion,
    network::{Link, Network, decode},
    snapshot::{
        Owner, Process, Snapshot,
        traffic::{Connections, Tracked},
    },
};

/// Proxies whose configuration is not read: where they lead to is known only from their connections.
pub const PROGRAMS: [&str; 11] =
    ["varnishd", "squid", "pound", "hitch", "relayd", "stunnel", "sniproxy", "nutcracker", "lighttpd", "traffic_server", "gobetween"];

/// So many flows are taken from what is seen, those that are seen most.
const MOST: usize = 32;

/// The processes whose connections tell of flows, with their programs: proxies, and whatever listens on the ports of a gateway.
#[must_use]
pub fn programs(snapshot: &Snapshot) -> BTreeMap<u32, String> {
    let gates: HashSet<u32> = decode::sockets(snapshot)
        .iter()
        .filter(|socket| listeners::WEB_PORTS.contains(&(Protocol(socket.protocol), socket.port)))
        .map(|socket| socket.inode)
        .collect();
    let wanted = |owner: &&Owner| gates.contains(&owner.inode) || listeners::GATEWAYS.contains(&owner.command.as_str());
    let owners = snapshot.owners.iter().filter(wanted).map(|owner| (owner.pid, owner.command.clone()));
    // A program that does not read requests itself has no part in them.
    let processes = snapshot.processes.iter().map(|process| (process.pid, program(process).to_owned()));
    owners.chain(processes).collect()
}

/// The name of its file; a worker may give itself another.
fn program(process: &Process) -> &str {
    let file = process.executable.as_deref().and_then(|path| path.trim_end_matches(" (deleted)").rsplit('/').next());
    file.filter(|file| PROGRAMS.contains(file) || proxy::reader(file).is_some()).unwrap_or(&process.command)
}

/// The flows of a host that are seen and that nothing names: `known` are the destinations of those that something does.
#[must_use]
pub fn flows(snapshot: &Snapshot, network: &Network, known: impl Fn(&Endpoint) -> bool) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    for flow in candidates(snapshot, network) {
        let alike = |other: &Flow| (&other.expression, other.uid) == (&flow.expression, flow.uid);
        if flows.len() < MOST && !known(&flow.expression.destination) && !flows.iter().any(alike) {
            flows.push(flow);
        }
    }
    flows
}

/// How many more destinations are seen than flows are taken from; `known` are those of all flows.
#[must_use]
pub fn unfollowed(snapshot: &Snapshot, network: &Network, known: impl Fn(&Endpoint) -> bool) -> Option<String> {
    let left: HashSet<Endpoint> =
        candidates(snapshot, network).map(|flow| flow.expression.destination).filter(|destination| !known(destination)).collect();
    (!left.is_empty()).then(|| format!("{} more destinations of connections that were seen are not followed", left.len()))
}

fn candidates(snapshot: &Snapshot, network: &Network) -> impl Iterator<Item = Flow> {
    let unread = snapshot.processes.iter().map(program).any(|name| PROGRAMS.contains(&name));
    let tracked = snapshot.traffic.tracked.iter().filter_map(move |tracked| by_tracking(tracked, network, unread));
    snapshot.traffic.connections.iter().filter_map(by_socket).chain(tracked)
}

/// What a proxy's own connections show.
fn by_socket(seen: &Connections) -> Option<Flow> {
    let program = seen.program.as_ref().filter(|_| is_anywhere(seen.to.ip()))?;
    let mut flow = to(seen.to, Hosts::Local);
    flow.uid = Some(seen.uid);
    flow.program = Some(program.clone());
    let state = if seen.waiting { "SYN-SENT" } else { "ESTABLISHED" };
    let of = seen.pid.map_or_else(|| program.clone(), |pid| format!("{program} (pid {pid})"));
    flow.source = format!("observed: {of} has {} in state {state}", plural(seen.count, "connection"));
    Some(flow)
}

/// What connection tracking shows: connections that containers began, and those of this host if it runs a proxy that can't be asked.
fn by_tracking(seen: &Tracked, network: &Network, unread: bool) -> Option<Flow> {
    let own = |address: &IpAddr| network.addresses.iter().any(|each| each.local.addr() == *address);
    if own(&seen.to.ip()) || !is_anywhere(seen.to.ip()) {
        return None;
    }
    let from = if own(&seen.from) {
        unread.then_some(Hosts::Local)?
    } else {
        is_container(&seen.from, network).then(|| Hosts::address(seen.from))?
    };
    let mut flow = to(seen.to, from);
    let answered = if seen.answered { "" } else { " without an answer" };
    flow.source = format!("observed: {} from {}{answered}, as connection tracking tells", plural(seen.count, "connection"), seen.from);
    Some(flow)
}

/// Whether an address means the same on every interface.
fn is_anywhere(address: IpAddr) -> bool {
    !address.is_multicast() && !matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

/// Whether an address is one of the other ends of a bridge of this host, or of a pair of virtual interfaces.
fn is_container(address: &IpAddr, network: &Network) -> bool {
    let holds = |link: &Link| matches!(link.kind.as_deref(), Some("bridge" | "veth"));
    let near = network.addresses.iter().filter(|each| each.local.contains(address) && each.local.addr() != *address);
    near.filter_map(|each| network.links.iter().find(|link| link.index == each.link)).any(|link| holds(link) && has_members(link, network))
}

/// A bridge that joins virtual machines or containers, not one that holds this host's own network card.
fn has_members(link: &Link, network: &Network) -> bool {
    let mut members = network.links.iter().filter(|member| member.master == Some(link.index)).peekable();
    link.kind.as_deref() == Some("veth") || (members.peek().is_some() && members.all(|member| member.kind.is_some()))
}

fn to(to: SocketAddr, from: Hosts) -> Flow {
    let expression = Expression {
        protocol: Protocol::TCP,
        source: Endpoint { hosts: from, ports: Vec::new() },
        destination: Endpoint { hosts: Hosts::address(to.ip()), ports: vec![(to.port(), to.port())] },
        incoming: None,
        outgoing: None,
        mark: None,
        state: None,
    };
    let mut flow = Flow::new(expression, Role::Upstream);
    flow.version = Some(if to.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 });
    flow
}

fn plural(count: u32, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{network::Address, snapshot::traffic::Traffic};

    fn seen(to: &str, waiting: bool, program: Option<&str>) -> Connections {
        let (to, program) = (to.parse().expect("an address"), program.map(str::to_owned));
        Connections { to, waiting, count: 2, repeated: 0, most: 0, uid: 33, pid: program.is_some().then_some(812), program }
    }

    #[test]
    fn connections_of_proxies_are_flows() {
        let connections = vec![
            seen("10.0.0.5:80", false, Some("varnishd")),
            seen("10.0.0.6:80", true, Some("varnishd")),
            seen("10.0.0.7:80", true, None),
        ];
        let snapshot = Snapshot { traffic: Traffic { connections, ..Traffic::default() }, ..Snapshot::default() };
        let known = |end: &Endpoint| end.to_string() == "10.0.0.5:80";
        let flows = flows(&snapshot, &Network::default(), known);
        let told: Vec<_> = flows.iter().map(|flow| format!("{} {}", flow.expression, flow.source)).collect();
        assert_eq!(told, ["tcp local -> 10.0.0.6:80 observed: varnishd (pid 812) has 2 connections in state SYN-SENT"]);
    }

    #[test]
    fn connections_of_containers_are_flows() {
        let link = |index, name: &str, kind: Option<&str>, master| Link {
            index,
            name: name.into(),
            kind: kind.map(str::to_owned),
            master,
            ..Link::default()
        };
        let address =
            |link, local: &str| Address { link, local: local.parse().expect("a prefix"), peer: None, broadcast: None, scope: 0, flags: 0 };
        let network = Network {
            links: vec![link(2, "eth0", None, None), link(3, "docker0", Some("bridge"), None), link(4, "veth1", Some("veth"), Some(3))],
            addresses: vec![address(2, "192.0.2.10/24"), address(3, "172.17.0.1/16")],
            ..Network::default()
        };
        let tracked = |from: &str, to: &str| {
            let to = to.parse().expect("an address");
            Tracked { from: from.parse().expect("an address"), to, server: to, answered: false, count: 1 }
        };
        let tracked = [
            tracked("172.17.0.2", "10.0.0.5:5432"),
            tracked("192.0.2.77", "10.0.0.5:22"),
            tracked("192.0.2.10", "10.0.0.5:23"),
            tracked("172.17.0.2", "172.17.0.1:53"),
        ];
        let told = |unread| -> Vec<String> {
            let flows = tracked.iter().filter_map(|each| by_tracking(each, &network, unread));
            flows.map(|flow| flow.expression.to_string()).collect()
        };
        assert_eq!(told(false), ["tcp 172.17.0.2 -> 10.0.0.5:5432"]);
        assert_eq!(told(true), ["tcp 172.17.0.2 -> 10.0.0.5:5432", "tcp local -> 10.0.0.5:23"]);
    }
}
