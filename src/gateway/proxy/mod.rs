//! Proxies: which run here, what their configuration says, and the flows that follow from it.
//!
//! One [`Reader`] a proxy, a folder each: it tells from a process which files it was started with ([`Invocation`]) and reads those as the
//! proxy itself does into a [`Configuration`]. It asks for files only through [`Files`], so that a snapshot replays it. [`discover()`] finds the
//! processes, [`flows`] turns configurations into flows.

pub mod apache;

pub mod caddy;

pub mod configuration;

pub mod discover;

pub mod document;

pub mod envoy;

pub mod files;

pub mod flows;

pub mod haproxy;

pub mod names;

pub mod nginx;

pub mod pattern;

pub mod place;

pub mod resolvers;

pub mod socket_file;

pub mod traefik;

pub mod url;

mod told;

pub use configuration::{
    Address, Configuration, Fault, Group, Host, Listen, Member, Purpose, Resolution, Severity, Target, Timeouts, Transport, Unknown,
    Upstream,
};
pub use discover::{Proxy, discover, given};
pub use files::Files;
pub use flows::Wanted;
pub use names::{Differing, Unresolved};
pub use place::Place;
pub use socket_file::SocketFile;
pub use told::{Told, told};

use crate::snapshot::Process;

/// One kind of proxy.
pub struct Reader {
    /// How it is called, on the command line and in reports.
    pub kind: &'static str,
    /// Names of its program, as files and in `/proc/PID/comm`.
    pub programs: &'static [&'static str],
    /// How a process was started: none if it is not one that reads the configuration (a worker, a mere client).
    pub invocation: fn(&Process, &Files<'_>) -> Option<Invocation>,
    /// Reads all of its configuration. Never fails: what is wrong is in [`Configuration::faults`].
    pub read: fn(&Invocation, &Files<'_>) -> Configuration,
}

/// Every reader.
pub const READERS: &[&Reader] = &[&nginx::READER, &haproxy::READER, &apache::READER, &caddy::READER, &traefik::READER, &envoy::READER];

/// A reader by the name of its proxy, or of its program.
#[must_use]
pub fn reader(kind: &str) -> Option<&'static Reader> {
    READERS.iter().copied().find(|reader| reader.kind == kind || reader.programs.contains(&kind))
}

/// Names of all programs that may be proxies.
#[must_use]
pub fn programs() -> Vec<&'static str> {
    READERS.iter().flat_map(|reader| reader.programs).copied().collect()
}

/// How a proxy was started, as far as that decides what it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Its configuration files, absolute, in order.
    pub files: Vec<String>,
    /// The folder that relative paths are relative to, absolute; each proxy has its own notion of it.
    pub folder: String,
    /// Other arguments that change what the configuration means, each as the proxy takes it (definitions, directives).
    pub arguments: Vec<String>,
    /// The process, for its environment.
    pub process: Option<u32>,
    /// The user who started it, if known.
    pub uid: Option<u32>,
    /// The program, if known.
    pub program: Option<String>,
}

#[cfg(test)]
mod texts;
