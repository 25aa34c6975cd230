//! Caddy.
//!
//! [`lexer`] and [`segments`] read Caddyfiles and do their imports; [`address`] and [`handlers`] say what sites listen on and hand on;
//! [`json`] reads Caddy's own format. Semantics are those of Caddy 2.6 to 2.11.

mod address;

mod handlers;

mod json;

mod lexer;

mod segments;

mod start;

use std::sync::Arc;

use super::{Address, Configuration, Fault, Files, Invocation, Listen, Place, Severity, Transport, document, files::Unreadable};
pub use handlers::duration;
use segments::{Reader, Segment};

/// Caddy.
pub const READER: super::Reader = super::Reader { kind: "caddy", programs: &["caddy"], invocation: start::invocation, read };

/// Reads a configuration.
#[must_use]
pub fn read(invocation: &Invocation, files: &Files<'_>) -> Configuration {
    let mut configuration = Configuration::default();
    for path in &invocation.files {
        let text = match files.read(path) {
            Ok(text) => text,
            Err(Unreadable::Absent) => {
                configuration.refuse(Place::whole(path), "reading config from file: no such file or directory");
                continue;
            }
            Err(Unreadable::Unknown(what)) => {
                configuration.faults.push(Fault { place: Place::whole(path), severity: Severity::Unreadable, what });
                continue;
            }
        };
        if is_json(path, &text) {
            let file: Arc<str> = path.as_str().into();
            configuration.files += 1;
            match document::yaml(&text) {
                Ok(tree) => json::read(&tree, &file, &mut configuration),
                Err(error) => configuration.refuse(Place { file, line: error.line, column: error.column }, error.what),
            }
            continue;
        }
        let mut reader = Reader::new(files, invocation.process);
        let segments = reader.main(path, &text);
        let mut sites = Sites { configuration: reader.configuration, ..Sites::default() };
        sites.all(&segments);
        configuration = sites.configuration;
    }
    if invocation.arguments.iter().any(|argument| argument == "--resume") {
        let place = Place::whole(invocation.files.first().map_or("", String::as_str));
        configuration.doubt(place, "Caddy was told to go on with the configuration that its admin API had last: that may be another one");
    }
    configuration
}

/// A Caddyfile may begin with a brace as well, but no quote follows it.
fn is_json(path: &str, text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    path.ends_with(".json") || inside.is_some_and(|inside| inside.starts_with('"'))
}

/// Global options and what sites come to.
#[derive(Default)]
struct Sites {
    http_port: Option<u16>,
    https_port: Option<u16>,
    bind: Vec<String>,
    /// `auto_https off` or `disable_redirects`.
    no_redirects: bool,
    no_https: bool,
    /// `protocols` without h3.
    no_quic: bool,
    /// A site that gets a certificate by itself: then the port of HTTP redirects.
    automatic: Option<Place>,
    configuration: Configuration,
}

impl Sites {
    fn all(&mut self, segments: &[Segment]) {
        let mut rest = segments;
        if let Some((first, after)) = rest.split_first()
            && first.words.is_empty()
            && first.block.is_some()
        {
            self.options(first.inside());
            rest = after;
        }
        while let Some((site, after)) = rest.split_first() {
            rest = after;
            // A named route, which sites invoke.
            let body = match &site.block {
                Some(body) => body,
                // Without braces all that follows is of this one site.
                None => std::mem::take(&mut rest),
            };
            if site.word(0).starts_with("&(") {
                handlers::site(body, site.word(0), &mut self.configuration, 0);
                continue;
            }
            if site.word(0).starts_with('@') {
                let what = format!("request matchers may not be defined globally, they must be in a site block; found {}", site.word(0));
                self.configuration.refuse(site.place(), what);
                continue;
            }
            if site.words.is_empty() {
                self.configuration.refuse(site.place(), "anonymous blocks are not supported");
                continue;
            }
            self.site(site, body);
        }
        if let Some(place) = self.automatic.take().filter(|_| !self.no_redirects && !self.no_https) {
            let port = self.http_port.unwrap_or(80);
            self.listen(&format!(":{port}"), port, false, &place);
        }
    }

    fn options(&mut self, lines: &[Segment]) {
        for line in lines {
            match line.word(0) {
                "http_port" => self.http_port = line.word(1).parse().ok(),
                "https_port" => self.https_port = line.word(1).parse().ok(),
                "default_bind" => self.bind = line.words.iter().skip(1).map(|word| word.text.clone()).collect(),
                "auto_https" => {
                    let words: Vec<&str> = line.words.iter().skip(1).map(|word| word.text.as_str()).collect();
                    self.no_https |= words.contains(&"off");
                    self.no_redirects |= words.contains(&"disable_redirects");
                }
                "admin" if !["", "off"].contains(&line.word(1)) => {
                    let (address, transport, v6only) = address::listener(line.word(1), 2019);
                    let place = line.place_of(1);
                    self.configuration.listens.push(Listen { address, transport, tls: false, v6only, device: None, place });
                }
                "servers" => {
                    let protocols = line.inside().iter().find(|inside| inside.word(0) == "protocols");
                    self.no_quic |= protocols.is_some_and(|protocols| !protocols.words.iter().any(|word| word.text == "h3"));
                }
                "log" => handlers::log(line, &mut self.configuration),
                "layer4" => {
                    let what = "what the layer4 module listens on and connects to is not read from a Caddyfile";
                    self.configuration.doubt(line.place(), what);
                }
                _ => {}
            }
        }
    }

    fn site(&mut self, site: &Segment, body: &[Segment]) {
        let binds: Vec<String> = body
            .iter()
            .filter(|line| line.word(0) == "bind")
            .flat_map(|line| line.words.iter().skip(1).map(|word| word.text.clone()))
            .collect();
        let binds = if binds.is_empty() { self.bind.clone() } else { binds };
        let with_tls = body.iter().any(|line| line.word(0) == "tls");
        let mut name = String::new();
        for (index, word) in site.words.iter().enumerate() {
            for text in word.text.split(',').filter(|text| !text.is_empty()) {
                if name.is_empty() {
                    text.clone_into(&mut name);
                }
                match address::site(text) {
                    Ok(address) => self.address(&address, &binds, with_tls, &site.place_of(index)),
                    Err(what) => self.configuration.refuse(site.place_of(index), what),
                }
            }
        }
        handlers::site(body, &name, &mut self.configuration, 0);
    }

    /// `listenersForServerBlockAddress`.
    fn address(&mut self, site: &address::Site, binds: &[String], with_tls: bool, place: &Place) {
        let (http, https) = (self.http_port.unwrap_or(80), self.https_port.unwrap_or(443));
        if site.unknown {
            let address = Address::Unknown(format!("{}{}", site.scheme, site.host));
            let listen = Listen { address, transport: Transport::Tcp, tls: false, v6only: None, device: None, place: place.clone() };
            self.configuration.listens.push(listen);
            return;
        }
        let port = site.port.unwrap_or(if site.scheme == "http" { http } else { https });
        let plain = site.scheme == "http" || port == http;
        let named = !site.host.is_empty() && site.host != "*";
        let tls = !plain && (site.scheme == "https" || port == https || with_tls || (named && !self.no_https));
        if tls && named {
            self.automatic.get_or_insert_with(|| place.clone());
        }
        if binds.is_empty() {
            self.listen(&format!(":{port}"), port, tls, place);
        }
        for bind in binds {
            self.listen(bind, port, tls, place);
        }
    }

    fn listen(&mut self, text: &str, port: u16, tls: bool, place: &Place) {
        let (address, transport, v6only) = address::listener(text, port);
        let quic = tls && !self.no_quic && transport == Transport::Tcp && matches!(address, Address::Ip(..) | Address::Name(..));
        for transport in [Some(transport), quic.then_some(Transport::Quic)].into_iter().flatten() {
            let listen = Listen { address: address.clone(), transport, tls, v6only, device: None, place: place.clone() };
            let known = |other: &&Listen| other.address == listen.address && other.transport == listen.transport;
            if !self.configuration.listens.iter().any(|other| known(&other)) {
                self.configuration.listens.push(listen);
            }
        }
    }
}

#[cfg(test)]
mod tests;
