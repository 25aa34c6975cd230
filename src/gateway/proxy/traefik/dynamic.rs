//! Services of the dynamic configuration: where requests are handed on to.

use std::{sync::Arc, time::Duration};

use rustc_hash::FxHashMap;

use super::{
    super::{Configuration, Group, Member, Place, Purpose, Target, Timeouts, Transport, Upstream, document::Node, url},
    upstream,
};

/// How long Traefik waits for a connection (`DefaultDialTimeout`).
pub const DIAL: Duration = Duration::from_secs(30);

/// Reads the services of a document.
pub fn read(node: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    for (kind, transport) in [("http", Transport::Tcp), ("tcp", Transport::Tcp), ("udp", Transport::Udp)] {
        let Some(part) = node.get(kind) else { continue };
        let wanted = wanted(part, file);
        let waits = waits(part);
        for (name, service) in part.get("services").map(Node::members).unwrap_or_default() {
            let Some(balancer) = service.get("loadBalancer") else { continue };
            let by = wanted.get(name.as_str()).cloned().unwrap_or_default();
            let transport_of = balancer.text_of("serversTransport").map(|name| name.split('@').next().unwrap_or_default());
            let timeouts = waits.get(transport_of.unwrap_or("default")).copied();
            let timeouts = timeouts.unwrap_or(Timeouts { connect: Some(DIAL), send: None, read: None });
            servers(name, balancer, transport, &by, timeouts, file, configuration);
        }
        for (_, middleware) in part.get("middlewares").map(Node::members).unwrap_or_default() {
            if let Some(address) = middleware.at(&["forwardAuth", "address"]) {
                configuration.upstreams.push(upstream(target(address), "http", Transport::Tcp, address.place(file)));
            }
        }
    }
}

/// Which routers ask for a service, also through services that choose between others.
fn wanted(part: &Node, file: &Arc<str>) -> FxHashMap<String, Vec<Place>> {
    let plain = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    let mut wanted: FxHashMap<String, Vec<Place>> = FxHashMap::default();
    for (_, router) in part.get("routers").map(Node::members).unwrap_or_default() {
        if let Some(service) = router.get("service") {
            wanted.entry(plain(service.text().unwrap_or_default())).or_default().push(service.place(file));
        }
    }
    let services = part.get("services").map(Node::members).unwrap_or_default();
    // One that chooses may be chosen by another: a few rounds reach all that people write.
    for _ in 0..4 {
        for (name, service) in services {
            let Some(by) = wanted.get(name).cloned() else { continue };
            let weighted = service.at(&["weighted", "services"]).map(Node::list).unwrap_or_default();
            let mirrors = service.at(&["mirroring", "mirrors"]).map(Node::list).unwrap_or_default();
            let named = weighted.iter().chain(mirrors).filter_map(|each| each.text_of("name"));
            let single = [["mirroring", "service"], ["failover", "service"], ["failover", "fallback"]];
            let single = single.iter().filter_map(|path| service.at(path)?.text());
            for other in named.chain(single) {
                wanted.entry(plain(other)).or_insert_with(|| by.clone());
            }
        }
    }
    wanted
}

/// How long each transport waits.
fn waits(part: &Node) -> FxHashMap<String, Timeouts> {
    let transports = part.get("serversTransports").map(Node::members).unwrap_or_default();
    let of = |transport: &Node| {
        let times = transport.get("forwardingTimeouts").unwrap_or(transport);
        let time = |name: &str| times.text_of(name).and_then(duration).filter(|time| !time.is_zero());
        Timeouts { connect: time("dialTimeout").or(Some(DIAL)), send: None, read: time("responseHeaderTimeout") }
    };
    transports.iter().map(|(name, transport)| (name.clone(), of(transport))).collect()
}

/// `30s`, `1m30s`, or seconds.
fn duration(text: &str) -> Option<Duration> {
    text.parse().map(Duration::from_secs).ok().or_else(|| super::super::caddy::duration(text))
}

fn servers(
    name: &str,
    balancer: &Node,
    transport: Transport,
    by: &[Place],
    timeouts: Timeouts,
    file: &Arc<str>,
    configuration: &mut Configuration,
) {
    let servers: Vec<&Node> = balancer
        .get("servers")
        .map(Node::list)
        .unwrap_or_default()
        .iter()
        .filter_map(|each| each.get("url").or_else(|| each.get("address")))
        .collect();
    let group = configuration.groups.len();
    configuration.groups.push(Group { name: name.to_owned(), place: balancer.place(file) });
    let check = balancer.at(&["healthCheck", "port"]).and_then(Node::text).and_then(|port| port.parse::<u16>().ok());
    for server in servers {
        let text = server.text().unwrap_or_default();
        let speaks = match text.split_once("://") {
            Some(("https", _)) => "https",
            Some(_) => "http",
            None if transport == Transport::Udp => "udp",
            None => "tcp",
        };
        let member = Member { group, backup: false, down: false, weight: 1 };
        let made = Upstream {
            member: Some(member),
            timeouts,
            wanted_by: by.to_vec(),
            ..upstream(target(server), speaks, transport, server.place(file))
        };
        if let (Target::Host(host, _), Some(port)) = (&made.target, check) {
            let target = Target::Host(host.clone(), port);
            configuration.upstreams.push(Upstream { target, purpose: Purpose::Check, member: None, ..made.clone() });
        }
        configuration.upstreams.push(made);
    }
}

fn target(node: &Node) -> Target {
    let text = node.text().unwrap_or_default();
    let unknown = || Target::Unknown(text.to_owned());
    // A template's value is known only when Traefik reads it.
    if text.contains("{{") {
        return unknown();
    }
    url::read(text).and_then(|url| Some(Target::Host(url.host.clone(), url.port()?))).unwrap_or_else(unknown)
}
