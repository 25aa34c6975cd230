//! Envoy.
//!
//! A bootstrap in YAML or JSON names listeners and clusters, or files and servers that do ([`clusters`]). Names are those of its protocol
//! buffers, with underscores or in camel case. Semantics are those of the v3 API.

mod clusters;

mod start;

use std::{net::IpAddr, sync::Arc};

use super::{
    Address, Configuration, Fault, Files, Invocation, Listen, Place, Severity, Transport,
    document::{self, Node},
    files::{Unreadable, absolute},
};

/// Envoy.
pub const READER: super::Reader =
    super::Reader { kind: "envoy", programs: &["envoy", "envoy-contrib", "pilot-agent-envoy"], invocation: start::invocation, read };

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut reading = Reading { files, folder: invocation.folder.clone(), configuration: Configuration::default(), left: MOST_FILES };
    for path in &invocation.files {
        if let Some((node, file)) = reading.file(path, None) {
            reading.bootstrap(&node, &file);
            // A file of resources may be named by hand as well.
            reading.listed(&node, &file);
        }
    }
    for text in &invocation.arguments {
        let file: Arc<str> = "--config-yaml".into();
        match document::yaml(text) {
            Ok(node) => reading.bootstrap(&node, &file),
            Err(error) => reading.configuration.refuse(Place { file, line: error.line, column: error.column }, error.what),
        }
    }
    reading.configuration
}

/// Files that a bootstrap names beyond these are not read.
const MOST_FILES: usize = 1000;

struct Reading<'a> {
    files: &'a Files<'a>,
    folder: String,
    configuration: Configuration,
    left: usize,
}

impl Reading<'_> {
    fn file(&mut self, path: &str, from: Option<Place>) -> Option<(Node, Arc<str>)> {
        self.left = self.left.checked_sub(1)?;
        let file: Arc<str> = path.into();
        let place = from.unwrap_or_else(|| Place::whole(path));
        match self.files.read(path) {
            Ok(text) => {
                self.configuration.files += 1;
                match document::yaml(&text) {
                    Ok(node) => return Some((node, file)),
                    Err(error) => self.configuration.refuse(Place { file, line: error.line, column: error.column }, error.what),
                }
            }
            Err(Unreadable::Absent) => self.configuration.refuse(place, format!("unable to read file: {path}")),
            Err(Unreadable::Unknown(why)) => {
                self.configuration.faults.push(Fault { place, severity: Severity::Unreadable, what: format!("{path}: {why}") });
            }
        }
        None
    }

    fn bootstrap(&mut self, node: &Node, file: &Arc<str>) {
        let of = |name: &str| node.at(&["static_resources", name]).map(Node::list).unwrap_or_default();
        for listener in of("listeners") {
            self.listener(listener, file);
        }
        for cluster in of("clusters") {
            clusters::cluster(cluster, file, &mut self.configuration);
        }
        if let Some(address) = node.at(&["admin", "address"]) {
            self.listen(address, Transport::Tcp, false, file);
        }
        for name in ["lds_config", "cds_config"] {
            let Some(source) = node.at(&["dynamic_resources", name]) else { continue };
            let path = source.get("path").or_else(|| source.at(&["path_config_source", "path"]));
            match path {
                Some(path) => self.resources(path, file),
                None => {
                    let what = "a management server tells the rest while Envoy runs: those legs are not audited";
                    self.configuration.doubt(source.place(file), what);
                }
            }
        }
    }

    /// A file of listeners or clusters.
    fn resources(&mut self, path: &Node, file: &Arc<str>) {
        let name = absolute(&self.folder, path.text().unwrap_or_default());
        if let Some((node, file)) = self.file(&name, Some(path.place(file))) {
            self.listed(&node, &file);
        }
    }

    fn listed(&mut self, node: &Node, file: &Arc<str>) {
        for resource in node.get("resources").map(Node::list).unwrap_or_default() {
            match resource.text_of("@type").and_then(|kind| kind.rsplit('.').next()) {
                Some("Listener") => self.listener(resource, file),
                Some("Cluster") => clusters::cluster(resource, file, &mut self.configuration),
                _ => {}
            }
        }
    }

    fn listener(&mut self, listener: &Node, file: &Arc<str>) {
        let chains = listener.get("filter_chains").map(Node::list).unwrap_or_default();
        let tls = !chains.is_empty() && chains.iter().all(|chain| chain.get("transport_socket").is_some());
        let quic = listener.at(&["udp_listener_config", "quic_options"]).is_some();
        let transport = if quic { Transport::Quic } else { Transport::Tcp };
        let more = listener.get("additional_addresses").map(Node::list).unwrap_or_default();
        // An internal listener is no matter of packets.
        for address in listener.get("address").into_iter().chain(more.iter().filter_map(|each| each.get("address"))) {
            self.listen(address, transport, tls, file);
        }
    }

    fn listen(&mut self, address: &Node, transport: Transport, tls: bool, file: &Arc<str>) {
        if let Some(path) = address.at(&["pipe", "path"]) {
            let bound = Address::Unix(path.text().unwrap_or_default().to_owned());
            self.configuration.listens.push(Listen { address: bound, transport, tls, v6only: None, device: None, place: path.place(file) });
            return;
        }
        let Some(socket) = address.get("socket_address") else { return };
        let place = socket.get("port_value").or_else(|| socket.get("address")).unwrap_or(socket).place(file);
        let Some(host) = socket.text_of("address") else {
            return self.configuration.refuse(socket.place(file), "SocketAddress.Address: value length must be at least 1 characters");
        };
        let Some(port) = socket.text_of("port_value").and_then(|port| port.parse::<u16>().ok()) else {
            return self.configuration.doubt(place, "the port of this listener is not known");
        };
        let udp = socket.text_of("protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("UDP"));
        let transport = if udp && transport == Transport::Tcp { Transport::Udp } else { transport };
        let Ok(ip) = host.parse::<IpAddr>() else {
            return self.configuration.refuse(place, format!("malformed IP address: {host}"));
        };
        let v6only = ip.is_ipv6().then(|| socket.text_of("ipv4_compat") != Some("true"));
        self.configuration.listens.push(Listen { address: Address::Ip(ip, port, port), transport, tls, v6only, device: None, place });
    }
}

#[cfg(test)]
mod tests;
