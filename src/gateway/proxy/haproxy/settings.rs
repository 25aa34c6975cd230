//! What proxies inherit from `defaults`.

use std::time::Duration;

use super::{
    super::{Configuration, Host, Place, Timeouts},
    address::{self, Address, Port},
    environment::Environment,
    keywords,
    sections::Line,
    server::{self, Options},
    time,
};

/// Settings of a proxy, or of the proxies that follow.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `http` where it is set; haproxy's own default is tcp.
    pub http: bool,
    connect: Option<Duration>,
    server: Option<Duration>,
    retries: Option<u32>,
    /// The backend that is used where no other is, and where that stands.
    pub default_backend: Option<(String, Place)>,
    /// What every server begins with.
    pub options: Options,
    /// The address that servers are connected from.
    pub source: Option<Host>,
    pub disabled: bool,
    /// Where checks connect to, if elsewhere (`http-check connect port 8081`).
    pub checks: Vec<(Option<u16>, Option<Host>)>,
}

/// Attempts that follow the first one that failed, if the configuration says nothing (`CONN_RETRIES`).
const RETRIES: u32 = 3;

impl Settings {
    /// How long haproxy waits: for a connection all attempts together.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        let attempts = self.retries.unwrap_or(RETRIES).saturating_add(1);
        Timeouts { connect: self.connect.map(|each| each.saturating_mul(attempts)), send: self.server, read: self.server }
    }

    /// Takes one line. What can't be taken goes to the configuration.
    pub fn take(&mut self, line: &Line, section: &str, environment: &Environment<'_>, configuration: &mut Configuration) {
        let value = line.word(1);
        match line.word(0) {
            "mode" => match value {
                "http" => self.http = true,
                "tcp" | "health" | "log" | "haterm" | "spop" => self.http = false,
                other => configuration.refuse(line.place_of(1), format!("unknown proxy mode '{other}'.")),
            },
            "timeout" => self.timeout(line, configuration),
            "retries" => self.retries = value.parse().ok(),
            "default_backend" => self.default_backend = Some((value.to_owned(), line.place())),
            "disabled" => self.disabled = !line.negated,
            "enabled" => self.disabled = false,
            "source" => self.source(line, environment, configuration),
            "default-server" => {
                if let Err((word, what)) = server::options(line, 1, &mut self.options, environment) {
                    configuration.refuse(line.place_of(word), format!("'default-server' : {what}"));
                }
            }
            "http-check" | "tcp-check" if value == "connect" => self.check(line),
            "bind" | "server" | "server-template" | "dispatch" if section == "defaults" => {
                configuration.refuse(line.place(), format!("'{}' not allowed in 'defaults' section.", line.word(0)));
            }
            "option" => option(line, configuration),
            known if keywords::of_proxy(known) => {}
            other => configuration.refuse(line.place(), format!("unknown keyword '{other}' in '{section}' section")),
        }
    }

    fn timeout(&mut self, line: &Line, configuration: &mut Configuration) {
        let (name, value) = (line.word(1), line.word(2));
        if line.words.get(2).is_some_and(|word| word.unknown) {
            return;
        }
        let time = match time::duration(value) {
            Ok(time) => Some(time).filter(|time| !time.is_zero()),
            Err(_) if value.is_empty() => {
                return configuration.refuse(line.place(), format!("'timeout {name}' expects an integer value (in milliseconds)"));
            }
            Err(what) => return configuration.refuse(line.place_of(2), format!("{what} in 'timeout {name}'")),
        };
        match name {
            "connect" => self.connect = time,
            "server" => self.server = time,
            "client" | "check" | "queue" | "tarpit" | "http-request" | "http-keep-alive" | "client-fin" | "server-fin" | "client-hs"
            | "tunnel" => {}
            _ => configuration.refuse(line.place_of(1), format!("'timeout' does not know '{name}'")),
        }
    }

    fn source(&mut self, line: &Line, environment: &Environment<'_>, configuration: &mut Configuration) {
        let word = line.words.get(1).cloned().unwrap_or_default();
        self.source = match address::parse(&word, address::SOURCE, environment) {
            Ok(Address::Ip(host, _, _)) => Some(host),
            Ok(Address::Unknown(text) | Address::Inherited(text)) => Some(Host::Unknown(text)),
            Ok(Address::Unix(_)) => None,
            Err(what) => return configuration.refuse(line.place_of(1), format!("'source' : {what}")),
        };
        if server::transparent(line, 2).0 {
            self.source = Some(Host::Unknown("the client's own address".into()));
        }
    }

    /// `http-check connect port 8081 addr 10.0.0.9`.
    fn check(&mut self, line: &Line) {
        let after = |name: &str| (2..line.words.len()).find(|&at| line.word(at) == name).map(|at| line.word(at + 1));
        let port = after("port").and_then(|port| port.parse().ok());
        let host = after("addr").and_then(|text| match address::read(text, address::PLAIN) {
            Ok(Address::Ip(host, Port::None | Port::One(_), _)) => Some(host),
            _ => None,
        });
        self.checks.push((port, host));
    }
}

fn option(line: &Line, configuration: &mut Configuration) {
    let name = line.word(1);
    match keywords::option(name) {
        _ if name.is_empty() => configuration.refuse(line.place(), "'option' expects an option name."),
        Some(false) | None if line.negated => {
            configuration.refuse(line.place(), format!("negation/default is not supported for option '{name}'."));
        }
        None => configuration.refuse(line.place(), format!("unknown option '{name}'.")),
        Some(_) => {}
    }
}
