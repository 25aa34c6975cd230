//! What one line tells.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

/// Something that failed, or a packet that a rule logged; the same for every line that tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Who wrote the line: "nginx", "apache", "haproxy", "envoy", "go" (Caddy, Traefik) or "netfilter".
    pub writer: &'static str,
    pub phase: Phase,
    /// The error number of Linux, if the line has one.
    pub errno: Option<u32>,
    /// The protocol by its name or number.
    pub protocol: String,
    /// Who sent the first packet; none for this host.
    pub source: Option<IpAddr>,
    /// To where; port 0 if it has none.
    pub destination: SocketAddr,
    /// The socket file, where it is one that was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// The group of upstreams, where the line names no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The interface by which it came in.
    pub incoming: Option<String>,
    /// The interface by which it left.
    pub outgoing: Option<String>,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No connection.
    Connecting,
    /// A connection, and then no answer.
    Waiting,
    /// One packet, logged by a rule.
    Packet,
}

const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

impl Event {
    /// What a proxy met on its way to an upstream.
    pub(super) fn of_proxy(writer: &'static str, phase: Phase, errno: Option<u32>, destination: SocketAddr) -> Self {
        Self {
            writer,
            phase,
            errno,
            protocol: "tcp".into(),
            source: None,
            destination,
            socket: None,
            group: None,
            incoming: None,
            outgoing: None,
        }
    }

    /// What a proxy met on its way to a socket file.
    pub(super) fn of_socket(writer: &'static str, phase: Phase, errno: Option<u32>, path: &str) -> Self {
        Self { socket: Some(path.to_owned()), ..Self::of_proxy(writer, phase, errno, NOWHERE) }
    }

    /// What a proxy met on its way to one of a group of upstreams, of which it tells only the name.
    pub(super) fn of_group(writer: &'static str, phase: Phase, name: &str) -> Self {
        Self { group: Some(name.to_owned()), ..Self::of_proxy(writer, phase, None, NOWHERE) }
    }

    /// Whether it is about packets to an address, not about a socket file or a group.
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.socket.is_none() && self.group.is_none()
    }

    /// Where it was to go, in words.
    #[must_use]
    pub fn to(&self) -> String {
        match (&self.socket, &self.group) {
            (Some(path), _) => format!("unix:{path}"),
            (_, Some(name)) => format!("the upstreams of {name}"),
            _ if self.destination.port() == 0 => format!("{} ({})", self.destination.ip(), self.protocol),
            _ => format!("{}/{}", self.destination, self.protocol),
        }
    }

    /// The flow in the language of flow expressions.
    #[must_use]
    pub fn flow(&self) -> String {
        let source = self.source.map_or_else(|| "local".to_owned(), |source| source.to_string());
        let to = if self.destination.port() == 0 { self.destination.ip().to_string() } else { self.destination.to_string() };
        let incoming = self.incoming.as_ref().map_or_else(String::new, |name| format!(" in {name}"));
        let outgoing = self.outgoing.as_ref().map_or_else(String::new, |name| format!(" out {name}"));
        format!("{} {source} -> {to}{incoming}{outgoing}", self.protocol)
    }
}
