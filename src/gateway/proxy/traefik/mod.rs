//! Traefik.
//!
//! The static configuration tells of entry points and of providers, the dynamic one of services; files of both are TOML or YAML.
//! [`dynamic`] reads services, [`start`] the command line. Semantics are those of Traefik 2 and 3.

mod dynamic;

mod start;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use super::{
    Address, Configuration, Fault, Files, Invocation, Listen, Place, Purpose, Resolution, Severity, Target, Timeouts, Transport, Upstream,
    document::{self, Node},
    files::{Unreadable, absolute},
    url,
};

/// Traefik.
pub const READER: super::Reader = super::Reader { kind: "traefik", programs: &["traefik"], invocation: start::invocation, read };

/// Providers that tell of services while Traefik runs.
const PROVIDERS: [&str; 13] = [
    "docker",
    "swarm",
    "kubernetesIngress",
    "kubernetesCRD",
    "kubernetesGateway",
    "consulCatalog",
    "consul",
    "etcd",
    "redis",
    "zooKeeper",
    "nomad",
    "ecs",
    "http",
];

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut reading = Reading { files, folder: invocation.folder.clone(), configuration: Configuration::default(), read: Vec::new() };
    for path in &invocation.files {
        if let Some((node, file)) = reading.document(path, None) {
            reading.fixed(&node, &file);
            reading.read.push(path.clone());
            // A file may hold both, as the file provider may name it itself.
            dynamic::read(&node, &file, &mut reading.configuration);
        }
    }
    if invocation.files.is_empty() {
        let node = start::options(&invocation.arguments);
        reading.fixed(&node, &"the command line".into());
    }
    reading.configuration
}

struct Reading<'a> {
    files: &'a Files<'a>,
    folder: String,
    configuration: Configuration,
    /// Files that were read as dynamic configuration.
    read: Vec<String>,
}

impl Reading<'_> {
    /// A file's document.
    fn document(&mut self, path: &str, from: Option<&Place>) -> Option<(Node, Arc<str>)> {
        let file: Arc<str> = path.into();
        let place = || from.cloned().unwrap_or_else(|| Place::whole(path));
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(Unreadable::Absent) => {
                self.configuration.refuse(place(), format!("open {path}: no such file or directory"));
                return None;
            }
            Err(Unreadable::Unknown(why)) => {
                self.configuration.faults.push(Fault { place: place(), severity: Severity::Unreadable, what: format!("{path}: {why}") });
                return None;
            }
        };
        self.configuration.files += 1;
        let tree = if path.ends_with(".toml") { document::toml(&text) } else { document::yaml(&text) };
        match tree {
            Ok(node) => Some((node, file)),
            Err(error) => {
                let place = Place { file, line: error.line, column: error.column };
                // The file provider runs its files through Go's templates first.
                let severity = if text.contains("{{") { Severity::Unreadable } else { Severity::Refused };
                self.configuration.faults.push(Fault { place, severity, what: error.what });
                None
            }
        }
    }

    fn fixed(&mut self, node: &Node, file: &Arc<str>) {
        let points = node.get("entryPoints").map(Node::members).unwrap_or_default();
        for (_, point) in points {
            self.entry(point, file);
        }
        let on = |names: &[&str]| node.at(names).is_some_and(|each| each.text() != Some("false"));
        let own = |names: &[&str]| node.at(names).is_some_and(|each| each.text_of("entryPoint").is_none_or(|name| name == "traefik"));
        let internal = on(&["api", "insecure"]) || own(&["ping"]) || own(&["metrics", "prometheus"]);
        if internal && !points.iter().any(|(name, _)| name.eq_ignore_ascii_case("traefik")) {
            let place = node.get("api").or_else(|| node.get("ping")).or_else(|| node.get("metrics")).unwrap_or(node).place(file);
            self.listen("", 8080, Transport::Tcp, false, place);
        }
        let providers = node.get("providers");
        if points.is_empty() && providers.is_some() {
            self.listen("", 80, Transport::Tcp, false, node.place(file));
        }
        for name in PROVIDERS {
            if let Some(provider) = providers.and_then(|providers| providers.get(name)) {
                self.provider(name, provider, file);
            }
        }
        if let Some(provider) = providers.and_then(|providers| providers.get("file")) {
            self.provided(provider, file);
        }
        if let Some(resolvers) = node.get("certificatesResolvers") {
            let what = "it asks certificate authorities for certificates: those legs are not audited";
            self.configuration.doubt(resolvers.place(file), what);
        }
    }

    /// `address: ":443"`, `":53/udp"`, `"10.0.0.1:80"`.
    fn entry(&mut self, point: &Node, file: &Arc<str>) {
        let Some(address) = point.get("address") else { return };
        let place = address.place(file);
        let text = address.text().unwrap_or_default();
        let (text, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
        let transport = match protocol.to_lowercase().as_str() {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            other => return self.configuration.refuse(place, format!("invalid protocol: {other}")),
        };
        let Some((host, Ok(port))) = text.rsplit_once(':').map(|(host, port)| (host, port.parse())) else {
            if text.contains("{{") {
                return self.configuration.doubt(place, format!("what '{text}' stands for is not known"));
            }
            return self.configuration.refuse(place, format!("address {text}: missing port in address"));
        };
        let tls = point.at(&["http", "tls"]).is_some();
        if point.get("http3").is_some() {
            self.listen(host, port, Transport::Quic, true, place.clone());
        }
        self.listen(host, port, transport, tls, place);
    }

    fn listen(&mut self, host: &str, port: u16, transport: Transport, tls: bool, place: Place) {
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        let (address, v6only) = match plain.parse::<IpAddr>() {
            Ok(ip) => (Address::Ip(ip, port, port), None),
            // Go makes one socket for both versions.
            Err(_) if plain.is_empty() => (Address::Ip(Ipv6Addr::UNSPECIFIED.into(), port, port), Some(false)),
            Err(_) => (Address::Name(plain.to_owned(), port, port), None),
        };
        self.configuration.listens.push(Listen { address, transport, tls, v6only, device: None, place });
    }

    fn provider(&mut self, name: &str, provider: &Node, file: &Arc<str>) {
        let what = format!("{name} tells of services while Traefik runs: those legs are not audited");
        self.configuration.doubt(provider.place(file), what);
        let listed = provider.get("endpoints").map(Node::list).unwrap_or_default();
        for endpoint in listed.iter().chain(provider.get("endpoint")) {
            let Some(text) = endpoint.text() else { continue };
            let Some(url) = url::read(text).filter(|_| !text.starts_with("unix:")) else { continue };
            let Some(port) = url.port() else { continue };
            self.configuration.upstreams.push(Upstream {
                purpose: Purpose::Peer,
                ..upstream(Target::Host(url.host, port), "provider", Transport::Tcp, endpoint.place(file))
            });
        }
    }

    /// Files of the file provider.
    fn provided(&mut self, provider: &Node, file: &Arc<str>) {
        if let Some(name) = provider.get("filename") {
            let text = name.text().unwrap_or_default();
            if text.contains("{{") {
                return;
            }
            let path = absolute(&self.folder, text);
            self.dynamic(&path, &name.place(file));
        }
        if let Some(name) = provider.get("directory") {
            let folder = absolute(&self.folder, name.text().unwrap_or_default());
            let mut folders = vec![folder.trim_end_matches('/').to_owned()];
            let mut paths = Vec::new();
            while let Some(folder) = folders.pop() {
                match self.files.paths(&format!("{folder}/*")) {
                    Ok(found) => {
                        let known = |path: &String| [".toml", ".yaml", ".yml"].iter().any(|end| path.ends_with(end));
                        folders.extend(found.iter().filter(|path| !path.rsplit('/').next().unwrap_or_default().contains('.')).cloned());
                        paths.extend(found.into_iter().filter(known));
                    }
                    Err(why) => {
                        let what = format!("{folder}: {why}");
                        self.configuration.faults.push(Fault { place: name.place(file), severity: Severity::Unreadable, what });
                    }
                }
                if paths.len() > MOST_FILES || folders.len() > MOST_FILES {
                    break;
                }
            }
            for path in paths {
                self.dynamic(&path, &name.place(file));
            }
        }
    }

    fn dynamic(&mut self, path: &str, place: &Place) {
        if self.read.iter().any(|read| read == path) {
            return;
        }
        self.read.push(path.to_owned());
        if let Some((node, file)) = self.document(path, Some(place)) {
            dynamic::read(&node, &file, &mut self.configuration);
        }
    }
}

/// Files of one folder beyond these are not read.
const MOST_FILES: usize = 10_000;

fn upstream(target: Target, speaks: &'static str, transport: Transport, place: Place) -> Upstream {
    Upstream {
        target,
        transport,
        speaks,
        purpose: Purpose::Traffic,
        resolution: Resolution::Running,
        member: None,
        from: None,
        timeouts: Timeouts { connect: Some(dynamic::DIAL), send: None, read: None },
        place,
        wanted_by: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
