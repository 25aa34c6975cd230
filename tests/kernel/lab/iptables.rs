//! Loads rules and reads counters with the real iptables programs of both back ends.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Where the rules are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// The kernel's own tables of iptables.
    Legacy,
    /// nf_tables.
    Nft,
}

/// Both.
pub const BACKENDS: [Backend; 2] = [Backend::Legacy, Backend::Nft];

/// Which of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V4,
    V6,
}

/// `iptables` and `ip6tables`.
pub const VERSIONS: [Version; 2] = [Version::V4, Version::V6];

/// A rule's place: nft's word for the family, table, chain, index from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub family: String,
    pub table: String,
    pub chain: String,
    pub index: u64,
}

/// A rule as `iptables-save` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub packets: u64,
    /// `-A CHAIN …`.
    pub text: String,
}

impl Version {
    /// nft's word for its family.
    pub fn family(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ip6",
        }
    }
}

impl Backend {
    /// `iptables-legacy-save` and its kin.
    pub fn program(self, version: Version, what: &str) -> String {
        let name = if version == Version::V4 { "iptables" } else { "ip6tables" };
        match self {
            Self::Legacy => format!("{name}-legacy-{what}"),
            Self::Nft => format!("{name}-nft-{what}"),
        }
    }

    /// `iptables-restore`, which replaces the tables that the text names; the error is the program's.
    pub fn restore(self, version: Version, text: &str) -> Result<(), String> {
        let run = || -> std::io::Result<_> {
            let mut command = Command::new(self.program(version, "restore"));
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
            if let Some(mut pipe) = child.stdin.take() {
                // A program that gives up early says why.
                let _ = pipe.write_all(text.as_bytes());
            }
            child.wait_with_output()
        };
        match run() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// `iptables-save -c`: every rule with its counter.
    pub fn save(self, version: Version) -> BTreeMap<Place, Saved> {
        let output = Command::new(self.program(version, "save")).arg("-c").output().expect("iptables-save runs");
        rules(&String::from_utf8_lossy(&output.stdout), version)
    }
}

/// The rules of a text with counters as `iptables-save -c` prints it.
pub fn rules(text: &str, version: Version) -> BTreeMap<Place, Saved> {
    let mut saved = BTreeMap::new();
    let mut table = "";
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            (table, last) = (name, BTreeMap::new());
        } else if let Some((counters, rule)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] -A ")) {
            let chain = rule.split(' ').next().unwrap_or_default();
            let index = last.entry(chain).or_default();
            *index += 1;
            let place = Place { family: version.family().to_owned(), table: table.to_owned(), chain: chain.to_owned(), index: *index };
            let packets = counters.split(':').next().and_then(|packets| packets.parse().ok()).unwrap_or_default();
            saved.insert(place, Saved { packets, text: format!("-A {rule}") });
        }
    }
    saved
}
