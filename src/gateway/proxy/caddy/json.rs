//! Caddy's own JSON, which Caddyfiles are adapted to.

use std::{sync::Arc, time::Duration};

use super::{
    super::{
        Configuration, Listen, Purpose, Resolution, Target, Timeouts, Transport, Upstream,
        document::{Node, Value},
    },
    address,
    handlers::{DIAL, add, duration, upstream},
};

/// Values in values beyond this are no configuration.
const DEEPEST: usize = 200;

/// Reads a document.
pub fn read(document: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    for app in ["http", "layer4"] {
        let servers = document.at(&["apps", app, "servers"]).map(Node::members).unwrap_or_default();
        for (_, server) in servers {
            for listener in server.get("listen").map(Node::list).unwrap_or_default() {
                listen(listener, server, file, configuration);
            }
        }
    }
    if let Some(admin) = document.at(&["admin", "listen"]) {
        let text = admin.text().unwrap_or_default();
        let (address, transport, v6only) = address::listener(text, 2019);
        configuration.listens.push(Listen { address, transport, tls: false, v6only, device: None, place: admin.place(file) });
    }
    for (_, log) in document.at(&["logging", "logs"]).map(Node::members).unwrap_or_default() {
        let Some(writer) = log.get("writer").filter(|writer| writer.text_of("output") == Some("net")) else { continue };
        let Some(address) = writer.get("address") else { continue };
        let text = address.text().unwrap_or_default();
        let transport = if text.starts_with("udp/") { Transport::Udp } else { Transport::Tcp };
        if let Ok((targets, _)) = address::upstream(text, None) {
            let peers = targets.into_iter().map(|target| upstream(target, "log", Purpose::Peer, transport, address.place(file)));
            configuration.upstreams.extend(peers);
        }
    }
    handlers(document, file, configuration, 0);
}

fn listen(listener: &Node, server: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    let (address, transport, v6only) = address::listener(listener.text().unwrap_or_default(), 80);
    let tls = server.get("tls_connection_policies").is_some();
    configuration.listens.push(Listen { address, transport, tls, v6only, device: None, place: listener.place(file) });
}

/// Every handler that hands on, wherever it stands.
fn handlers(node: &Node, file: &Arc<str>, configuration: &mut Configuration, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match node.text_of("handler") {
        Some("reverse_proxy") => proxy(node, file, configuration),
        Some("proxy") => layer4(node, file, configuration),
        _ => {}
    }
    match &node.value {
        Value::Map(members) => members.iter().for_each(|(_, member)| handlers(member, file, configuration, depth + 1)),
        Value::List(list) => list.iter().for_each(|each| handlers(each, file, configuration, depth + 1)),
        Value::Nothing | Value::Text(_) => {}
    }
}

/// Nanoseconds, or a text with units.
fn time(node: Option<&Node>) -> Option<Duration> {
    let text = node?.text()?;
    text.parse().map(Duration::from_nanos).ok().or_else(|| duration(text))
}

fn proxy(node: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    let transport = node.get("transport");
    let of = |name: &str| time(transport.and_then(|transport| transport.get(name)));
    let timeouts = Timeouts {
        connect: of("dial_timeout").or(Some(DIAL)),
        send: of("write_timeout"),
        read: of("response_header_timeout").or_else(|| of("read_timeout")),
    };
    let secure = transport.is_some_and(|transport| transport.get("tls").is_some());
    let speaks = match transport.and_then(|transport| transport.text_of("protocol")) {
        Some("fastcgi") => "fastcgi",
        _ if secure => "https",
        _ => "http",
    };
    let mut found = Vec::new();
    for dial in node.get("upstreams").map(Node::list).unwrap_or_default().iter().filter_map(|upstream| upstream.get("dial")) {
        match address::upstream(dial.text().unwrap_or_default(), Some(80)) {
            Ok((targets, _)) => found.extend(
                targets
                    .into_iter()
                    .map(|target| Upstream { timeouts, ..upstream(target, speaks, Purpose::Traffic, Transport::Tcp, dial.place(file)) }),
            ),
            Err(what) => configuration.refuse(dial.place(file), what),
        }
    }
    if let Some(dynamic) = node.get("dynamic_upstreams") {
        let name = dynamic.text_of("name").unwrap_or_default();
        let port = dynamic.text_of("port").map_or(Some(80), |port| port.parse().ok());
        let known = dynamic.text_of("source") == Some("a") && !name.contains('{');
        let target = match port.filter(|_| known) {
            Some(port) => {
                Target::Host(name.parse().map_or_else(|_| super::super::Host::Name(name.to_owned()), super::super::Host::Ip), port)
            }
            None => Target::Unknown(format!("dynamic upstreams {name}")),
        };
        found.push(Upstream { timeouts, ..upstream(target, speaks, Purpose::Traffic, Transport::Tcp, dynamic.place(file)) });
    }
    if let Some(port) = node.at(&["health_checks", "active", "port"]).and_then(Node::text).and_then(|port| port.parse().ok()) {
        let checks: Vec<Upstream> = found
            .iter()
            .filter_map(|each| match &each.target {
                Target::Host(host, _) => {
                    Some(Upstream { target: Target::Host(host.clone(), port), purpose: Purpose::Check, ..each.clone() })
                }
                _ => None,
            })
            .collect();
        found.extend(checks);
    }
    for server in transport.and_then(|transport| transport.at(&["resolver", "addresses"])).map(Node::list).unwrap_or_default() {
        if let Ok((targets, _)) = address::upstream(server.text().unwrap_or_default(), Some(53)) {
            for (target, transport) in targets.into_iter().flat_map(|target| [(target.clone(), Transport::Udp), (target, Transport::Tcp)]) {
                configuration.upstreams.push(upstream(target, "dns", Purpose::Resolver, transport, server.place(file)));
            }
        }
    }
    add(found, "reverse_proxy", node.place(file), configuration);
}

/// Upstreams of the layer4 module dial several addresses each.
fn layer4(node: &Node, file: &Arc<str>, configuration: &mut Configuration) {
    let mut found = Vec::new();
    for dial in node.get("upstreams").map(Node::list).unwrap_or_default().iter().filter_map(|each| each.get("dial")).flat_map(Node::list) {
        let text = dial.text().unwrap_or_default();
        let transport = if text.starts_with("udp/") { Transport::Udp } else { Transport::Tcp };
        if let Ok((targets, _)) = address::upstream(text, None) {
            let make = |target| Upstream {
                resolution: Resolution::Running,
                ..upstream(target, "tcp", Purpose::Traffic, transport, dial.place(file))
            };
            found.extend(targets.into_iter().map(make));
        }
    }
    add(found, "proxy", node.place(file), configuration);
}
