//! One interface for the questions that arise only while rules are read or simulated.
//!
//! `collect::Live` asks the kernel and records question and answer; [`Recorded`] answers from a snapshot, or says that it was not
//! collected. So a snapshot replays exactly what was seen, on any machine.

use std::net::IpAddr;

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
    /// Which addresses has this host name, as `getaddrinfo` tells programs of this host?
    Resolve {
        /// The name.
        name: String,
        /// Only of the families in which this host has an address (`AI_ADDRCONFIG`).
        configured: bool,
    },
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
    /// The addresses of a name, in the order in which they were given.
    Addresses(Vec<IpAddr>),
    /// There is no such file, variable or name: the host says so.
    Absent(String),
    /// It could not be told, and why.
    Unknown(String),
}

/// Answers questions about the host.
pub trait World {
    /// Asks. Never fails: what cannot be told is [`Answer::Unknown`].
    fn ask(&self, question: &Question) -> Answer;
}

/// A world that knows only what a snapshot recorded.
pub struct Recorded<'a>(pub &'a Snapshot);

impl World for Recorded<'_> {
    fn ask(&self, question: &Question) -> Answer {
        self.0
            .answers
            .iter()
            .find(|(asked, _)| asked == question)
            .map_or_else(|| Answer::Unknown("not collected".into()), |(_, answer)| answer.clone())
    }
}
