//! iptables rules, of both back ends: tables, chains, and rules made of a header, matches and a target.
//!
//! [`blob`] reads the kernel's legacy tables; [`mod@print`] writes rules as `iptables-save` does; [`mod@matches`] and [`targets`] have a file
//! for each extension, which holds what it is, its structure in the kernel, and its options on the command line.

pub mod header;

pub mod extension;

pub mod matches;

pub mod targets;

pub mod options;

pub mod ports;

pub mod rate;

pub mod ip6_options;

pub mod translation;

pub mod blob;

pub mod print;

pub mod save;

pub mod native;

use std::sync::Arc;

pub use header::Header;
pub use matches::Match;
pub use targets::Target;

use super::ipset::{Ipsets, Reference};
use crate::model::IpVersion;

/// All iptables tables of one network namespace.
#[derive(Debug, Clone, Default)]
pub struct Ruleset {
    /// Tables, IPv4 before IPv6.
    pub tables: Vec<Table>,
    /// What could not be read, each as a sentence for the operator.
    pub incomplete: Vec<String>,
}

impl Ruleset {
    /// Looks the names up of the sets that rules name by number.
    pub fn name_sets(&mut self, ipsets: &Ipsets) {
        for rule in self.tables.iter_mut().flat_map(|table| &mut table.chains).flat_map(|chain| &mut chain.rules) {
            rule.name_sets(ipsets);
        }
    }
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// `iptables` or `ip6tables`.
    pub version: IpVersion,
    /// raw, mangle, nat, filter, security.
    pub name: String,
    /// Built-in chains in the order of their hooks, then the operator's own.
    pub chains: Vec<Chain>,
}

/// One chain.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its name.
    pub name: Arc<str>,
    /// What becomes of packets at its end; present if it is built in.
    pub policy: Option<Policy>,
    /// Its rules in order.
    pub rules: Vec<Rule>,
}

/// The policy of a built-in chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// ACCEPT; else DROP.
    pub accept: bool,
    /// What met it.
    pub counters: Counters,
}

/// Packets and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What met it.
    pub counters: Counters,
    /// Addresses, interfaces and protocol.
    pub header: Header,
    /// Its matches, tried in order.
    pub matches: Vec<Match>,
    /// What it does.
    pub action: Action,
}

/// What a rule does with packets that match.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing but count: a rule without `-j`.
    None,
    Accept,
    Drop,
    /// `-j QUEUE`: to the program at queue 0.
    Queue,
    Return,
    Jump(Arc<str>),
    Goto(Arc<str>),
    /// A target of its own.
    Target(Target),
}

impl Rule {
    /// Looks the names up of the sets that it names by number.
    pub fn name_sets(&mut self, ipsets: &Ipsets) {
        for each in &mut self.matches {
            if let Match::Set(set) = each {
                set.set.resolve(ipsets);
            }
        }
        if let Action::Target(Target::Set(target)) = &mut self.action {
            target.sets().for_each(|set| set.resolve(ipsets));
        }
    }

    /// The ipsets that its matches read.
    pub fn sets(&self) -> impl Iterator<Item = &Reference> {
        self.matches.iter().filter_map(|each| if let Match::Set(set) = each { Some(&set.set) } else { None })
    }

    /// Its first comment.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.matches.iter().find_map(|each| if let Match::Comment(comment) = each { Some(&*comment.0) } else { None })
    }
}

/// nft's word for the family of a version's tables.
#[must_use]
pub const fn family(version: IpVersion) -> &'static str {
    match version {
        IpVersion::V4 => "ip",
        IpVersion::V6 => "ip6",
    }
}
