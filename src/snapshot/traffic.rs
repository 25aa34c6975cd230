//! The record of what was seen to travel while the host was looked at: evidence, beside what its rules say.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{LegacyTable, Messages};

/// What was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Traffic {
    /// TCP connections that programs of this host made or wait for, counted together where all else is alike.
    pub connections: Vec<Connections>,
    /// TCP connections that connection tracking knows, counted together where all else is alike.
    pub tracked: Vec<Tracked>,
    /// What was too much to be read, each as a sentence.
    pub unread: Vec<String>,
    /// Counters read a second time, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<Later>,
}

/// Connections of one program to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    pub to: SocketAddr,
    /// True if they wait for an answer to their first packet (SYN-SENT), false if they are established.
    pub waiting: bool,
    /// How many.
    pub count: u32,
    /// Of those that wait: how many have sent their first packet again (`icsk_retransmits`), so that it stays without an answer for a second or more.
    #[serde(default)]
    pub repeated: u32,
    /// How often the most patient of them did.
    #[serde(default)]
    pub most: u8,
    /// The user who owns the sockets.
    pub uid: u32,
    /// The process with the lowest id that holds them, of those that may be proxies.
    #[serde(default)]
    pub pid: Option<u32>,
    /// Its program.
    #[serde(default)]
    pub program: Option<String>,
}

/// Tracked connections of one sender to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// Who began them.
    pub from: IpAddr,
    /// Where to, before translation.
    pub to: SocketAddr,
    /// Who answers, or would: another than `to` where the destination was translated.
    pub server: SocketAddr,
    /// Whether packets came back (`IPS_SEEN_REPLY`).
    pub answered: bool,
    /// How many.
    pub count: u32,
}

/// Counters, read again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Later {
    /// So long after the first reading, at least, in milliseconds.
    pub after: u64,
    /// NFT_MSG_NEWTABLE, to tell the tables of `rules`.
    pub tables: Messages,
    /// NFT_MSG_NEWCHAIN.
    pub chains: Messages,
    /// NFT_MSG_NEWRULE, with counters.
    pub rules: Messages,
    /// Legacy tables, with counters.
    pub legacy: Vec<LegacyTable>,
    /// IPCTNL_MSG_CT_GET_STATS_CPU answers.
    pub conntrack: Messages,
}
