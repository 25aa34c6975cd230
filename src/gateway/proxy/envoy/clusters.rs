//! Clusters: the groups of upstreams.

use std::{sync::Arc, time::Duration};

use super::super::{
    Configuration, Group, Host, Member, Purpose, Resolution, Target, Timeouts, Transport, Upstream,
    document::{Node, Value},
};

/// How long Envoy waits for a connection, and for an answer (`DefaultTimeout` of a route).
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);

/// Values in values beyond this are no configuration.
const DEEPEST: usize = 64;

/// Adds the endpoints of a cluster.
pub fn cluster(cluster: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    let name = cluster.text_of("name").unwrap_or_default();
    let place = cluster.get("name").unwrap_or(cluster).place(file);
    let kind = cluster.text_of("type").unwrap_or("STATIC").to_uppercase();
    if let Some(extension) = cluster.get("cluster_type") {
        let what = format!("the cluster '{name}' chooses its endpoints by code of its own: those legs are not audited");
        configuration.doubt(extension.place(file), what);
    } else if kind == "EDS" || kind == "ORIGINAL_DST" {
        let what = format!("the endpoints of the cluster '{name}' are known only while Envoy runs: those legs are not audited");
        configuration.doubt(place.clone(), what);
    }
    let group = configuration.groups.len();
    configuration.groups.push(Group { name: name.to_owned(), place });
    let connect = cluster.text_of("connect_timeout").and_then(seconds).unwrap_or(CONNECT);
    let base = Upstream {
        target: Target::Unknown(String::new()),
        transport: Transport::Tcp,
        speaks: match (cluster.get("transport_socket").is_some(), is_http2(cluster, 0)) {
            (true, _) => "https",
            (false, true) => "grpc",
            (false, false) => "http",
        },
        purpose: Purpose::Traffic,
        resolution: Resolution::Running,
        member: None,
        from: cluster
            .at(&["upstream_bind_config", "source_address", "address"])
            .and_then(Node::text)
            .and_then(|ip| ip.parse().ok())
            .map(Host::Ip),
        timeouts: Timeouts { connect: Some(connect), send: None, read: Some(ANSWER) },
        place: cluster.place(file),
        wanted_by: Vec::new(),
    };
    let localities = cluster.at(&["load_assignment", "endpoints"]).map(Node::list).unwrap_or_default();
    for locality in localities {
        // Lower priorities are used when those above them fail.
        let backup = locality.text_of("priority").is_some_and(|priority| priority != "0");
        for each in locality.get("lb_endpoints").map(Node::list).unwrap_or_default() {
            let Some(endpoint) = each.get("endpoint") else { continue };
            let weight = each.text_of("load_balancing_weight").and_then(|weight| weight.parse().ok()).unwrap_or(1);
            let member = Member { group, backup, down: each.text_of("health_status") == Some("UNHEALTHY"), weight };
            if let Some(address) = endpoint.get("address") {
                add(address, Some(member), &base, file, configuration);
            }
            let check = endpoint.at(&["health_check_config", "port_value"]).and_then(Node::text).and_then(|port| port.parse().ok());
            if let (Some(port), Some(Target::Host(host, _))) = (check, configuration.upstreams.last().map(|last| last.target.clone())) {
                let check =
                    Upstream { target: Target::Host(host, port), purpose: Purpose::Check, place: endpoint.place(file), ..base.clone() };
                configuration.upstreams.push(check);
            }
        }
    }
    // Before v3 addresses stood here.
    for address in cluster.get("hosts").map(Node::list).unwrap_or_default() {
        add(address, Some(Member { group, backup: false, down: false, weight: 1 }), &base, file, configuration);
    }
    let resolvers = [cluster.at(&["dns_resolvers"]), cluster.at(&["typed_dns_resolver_config", "typed_config", "resolvers"])];
    for address in resolvers.into_iter().flatten().flat_map(Node::list) {
        for transport in [Transport::Udp, Transport::Tcp] {
            let base = Upstream { purpose: Purpose::Resolver, speaks: "dns", transport, ..base.clone() };
            add(address, None, &base, file, configuration);
        }
    }
}

/// Adds what an address names.
fn add(address: &Node, member: Option<Member>, base: &Upstream, file: &Arc<str>, configuration: &mut Configuration) {
    if let Some(path) = address.at(&["pipe", "path"]) {
        let target = Target::Unix(path.text().unwrap_or_default().to_owned());
        configuration.upstreams.push(Upstream { target, member, place: path.place(file), ..base.clone() });
        return;
    }
    let Some(socket) = address.get("socket_address") else { return };
    let host = socket.text_of("address").unwrap_or_default();
    let place = socket.get("address").unwrap_or(socket).place(file);
    let port = socket.text_of("port_value").and_then(|port| port.parse::<u16>().ok());
    let udp = socket.text_of("protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("UDP"));
    let transport = if udp { Transport::Udp } else { base.transport };
    let target = match port {
        Some(port) if !host.is_empty() => Target::Host(host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Ip), port),
        _ => Target::Unknown(host.to_owned()),
    };
    configuration.upstreams.push(Upstream { target, member, transport, place, ..base.clone() });
}

/// Whether a cluster speaks HTTP/2, as gRPC does.
fn is_http2(node: &Node, depth: usize) -> bool {
    match &node.value {
        Value::Map(members) => members.iter().any(|(key, member)| {
            key == "http2_protocol_options" || key == "http2ProtocolOptions" || (depth < DEEPEST && is_http2(member, depth + 1))
        }),
        _ => false,
    }
}

/// `0.25s`.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}
