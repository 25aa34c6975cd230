//! One interface for the questions that arise only while rules are read or simulated.
//!
//! `collect::Live` asks the kernel and records question and answer; [`Recorded`] answers from a snapshot, or says that it was not
//! collected. So a snapshot replays exactly what was seen, on any machine.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::snapshot::Snapshot;

/// Something to ask of the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Does this nf_tables set hold this key (in the kernel's byte order, concatenations padded)?
    NftSetHolds {
        /// `NFPROTO_*` of the set's table.
        family: u8,
        /// The set's table.
        table: String,
        /// The set.
        set: String,
        /// The key.
        key: Vec<u8>,
    },
    /// Does this ipset match this key?
    IpsetHolds {
        /// The set.
        set: String,
        /// The key.
        key: IpsetKey,
    },
    /// What does this file say?
    File {
        /// The process whose root directory is meant; none for the program's own.
        root: Option<u32>,
        /// Absolute.
        path: String,
    },
    /// Which files does this pattern name, as `glob(3)` without flags sorts them?
    Paths {
        /// The process whose root directory is meant; none for the program's own.
        root: Option<u32>,
        /// Absolute.
        pattern: String,
    },
    /// What is this variable of a process' environment?
    Environment {
        /// The process.
        process: u32,
        /// The variable.
        name: String,
    },
    /// The first run of printable characters in a program that holds a text: programs keep how they were built.
    BuiltWith {
        /// The process whose root directory is meant; none for the program's own.
        root: Option<u32>,
        /// The program, absolute.
        program: String,
        /// What the run holds.
        text: String,
    },
    /// Which folders lead to this socket file, and who may use them and it?
    SocketFile {
        /// The process whose root directory is meant; none for the program's own.
        root: Option<u32>,
        /// Absolute.
        path: String,
    },
    /// Which addresses has this host name, as `getaddrinfo` tells programs of this host?
    Resolve {
        /// The name.
        name: String,
        /// Only of the families in which this host has an address (`AI_ADDRCONFIG`).
        configured: bool,
    },
    /// The same, asked a second time: who answers in turns tells another part then.
    ResolveAgain {
        /// The name.
        name: String,
        /// As before.
        configured: bool,
    },
    /// Which addresses of both families does this name server tell for a name?
    Lookup {
        /// The process from whose network namespace it is asked; none for the program's own.
        process: Option<u32>,
        /// The server.
        server: SocketAddr,
        /// The whole name.
        name: String,
    },
}

/// A key of an ipset: the parts that the set's type has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct IpsetKey {
    /// The first address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The second address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip2: Option<IpAddr>,
    /// The transport protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u8>,
    /// The port, or the ICMP type (high byte) and code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The Ethernet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<[u8; 6]>,
    /// The packet mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<u32>,
    /// The name of the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Whether it is an exception (`nomatch`) that holds the key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exception: bool,
}

/// What the host said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A yes or no.
    Truth(bool),
    /// The element's raw NFT_MSG_NEWSETELEM message (yes, with a map's data).
    Element(Vec<u8>),
    /// The text of a file or of a variable; what is no UTF-8 is replaced by U+FFFD.
    Text(String),
    /// The paths that a pattern names, in order.
    Paths(Vec<String>),
    /// The way to a socket file.
    SocketFile {
        /// The folders from the root on, and last the file itself, links followed.
        way: Vec<Step>,
        /// Whether a socket that is bound to this path listens (`/proc/net/unix`), if that can be told.
        listens: Option<bool>,
    },
    /// The addresses of a name, in the order in which they were given.
    Addresses(Vec<IpAddr>),
    /// There is no such file, variable or name: the host says so.
    Absent(String),
    /// It could not be told, and why.
    Unknown(String),
}

/// A folder or file, with who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Absolute, as it is named.
    pub path: String,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// `st_mode`.
    pub mode: u32,
}

/// Answers questions about the host.
pub trait World: Sync {
    /// Asks. Never fails: what cannot be told is [`Answer::Unknown`].
    fn ask(&self, question: &Question) -> Answer;
}

/// A world that knows only what a snapshot recorded.
pub struct Recorded<'a>(pub &'a Snapshot);

impl World for Recorded<'_> {
    fn ask(&self, question: &Question) -> Answer {
        self.0.answers.find(question).cloned().unwrap_or_else(|| Answer::Unknown("not collected".into()))
    }
}
