//! What a proxy's configuration says about its traffic, whichever proxy it is.

use std::{net::IpAddr, time::Duration};

use super::Place;

/// All that a proxy listens on and connects to.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The user as whom it connects, as the configuration names it; none if it says nothing and the process' own is kept.
    pub user: Option<String>,
    /// Where clients come in.
    pub listens: Vec<Listen>,
    /// Groups of upstreams that stand in for each other; [`Member::group`] is an index.
    pub groups: Vec<Group>,
    /// Where it connects to.
    pub upstreams: Vec<Upstream>,
    /// Where the proxy itself would refuse the configuration, or where it can't be read.
    pub faults: Vec<Fault>,
    /// What it says and cannot be told from here, by name: never guessed, never left out.
    pub unknowns: Vec<Unknown>,
    /// How many files were read.
    pub files: usize,
}

/// An address that clients connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    pub address: Address,
    pub transport: Transport,
    /// Whether clients have to speak TLS.
    pub tls: bool,
    /// An IPv6 wildcard that takes no IPv4 (`IPV6_V6ONLY`); none for the proxy's or system's default.
    pub v6only: Option<bool>,
    /// The interface that it is bound to.
    pub device: Option<String>,
    pub place: Place,
}

/// Where a socket is bound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// An address, with a range of ports (both included).
    Ip(IpAddr, u16, u16),
    /// A name that is resolved, with a range of ports.
    Name(String, u16, u16),
    /// A socket file; abstract if it starts with `@`.
    Unix(String),
    /// Not known, as it is written.
    Unknown(String),
}

/// What carries the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    Tcp,
    Udp,
    /// QUIC: UDP for the firewall.
    Quic,
}

/// Upstreams that stand in for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As the configuration calls it.
    pub name: String,
    pub place: Place,
}

/// An upstream's part in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Index in [`Configuration::groups`].
    pub group: usize,
    /// Used only if the others fail.
    pub backup: bool,
    /// Never used.
    pub down: bool,
    /// Its share; 1 by default.
    pub weight: u32,
}

/// Something that the proxy connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub target: Target,
    pub transport: Transport,
    /// What is spoken with it, in the proxy's words: http, https, fastcgi, grpc, tcp…
    pub speaks: &'static str,
    pub purpose: Purpose,
    pub resolution: Resolution,
    pub member: Option<Member>,
    /// The address that the proxy binds to before it connects (nginx' `proxy_bind`, haproxy's `source`); none for the system's choice.
    pub from: Option<Host>,
    pub timeouts: Timeouts,
    /// Where its address stands.
    pub place: Place,
    /// Who asks for it, if that is somewhere else (`proxy_pass http://app;`).
    pub wanted_by: Vec<Place>,
}

/// An end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Host(Host, u16),
    /// A socket file; abstract if it starts with `@`.
    Unix(String),
    /// Not known before a request comes (a variable), as it is written.
    Unknown(String),
}

/// An address or a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    Ip(IpAddr),
    Name(String),
    /// Not known, as it is written.
    Unknown(String),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Requests of clients.
    Traffic,
    /// Health checks at an address or port of their own.
    Check,
    /// A name server.
    Resolver,
    /// Another instance of the proxy, or an authority that it asks (peers, OCSP, a log host).
    Peer,
}

/// When and how a name becomes addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// When the proxy starts, all addresses of the families that this host has (`AI_ADDRCONFIG`).
    StartConfigured,
    /// When the proxy starts, all addresses.
    Start,
    /// When the proxy starts, only the first address.
    StartFirst,
    /// While it runs, by a resolver of its own.
    Running,
}

/// How long the proxy waits; none where the configuration and the proxy's default set no limit or it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Timeouts {
    /// For the connection to be made.
    pub connect: Option<Duration>,
    /// Between two writes.
    pub send: Option<Duration>,
    /// Between two reads.
    pub read: Option<Duration>,
}

/// Something wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub severity: Severity,
    /// What, in the proxy's own words where it has some.
    pub what: String,
}

/// Whose problem a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The proxy itself refuses it.
    Refused,
    /// It could not be read from here: what is in it is not audited.
    Unreadable,
}

/// Something that can't be told from the configuration alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub place: Place,
    /// What, and why.
    pub what: String,
}

impl Transport {
    /// What the firewall sees.
    #[must_use]
    pub const fn protocol(self) -> crate::gateway::expression::Protocol {
        use crate::gateway::expression::Protocol;
        match self {
            Self::Tcp => Protocol::TCP,
            Self::Udp | Self::Quic => Protocol::UDP,
        }
    }
}

impl Configuration {
    /// Notes that the proxy refuses something.
    pub fn refuse(&mut self, place: Place, what: impl Into<String>) {
        self.faults.push(Fault { place, severity: Severity::Refused, what: what.into() });
    }

    /// Notes something that can't be told.
    pub fn doubt(&mut self, place: Place, what: impl Into<String>) {
        self.unknowns.push(Unknown { place, what: what.into() });
    }
}
