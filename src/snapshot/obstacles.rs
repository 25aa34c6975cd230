//! The record of what stops packets beside rules and routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Messages;

/// What the kernel and the host tell of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Obstacles {
    /// IPCTNL_MSG_CT_GET_STATS_CPU answers, one a processor; empty where connection tracking is not loaded.
    pub conntrack: Messages,
    /// Counters of the network namespace since it was made, as in /proc/net/netstat and xfrm_stat: `TcpExt/ListenOverflows`, `XfrmInPolBlock`.
    pub counters: BTreeMap<String, u64>,
    /// RTM_NEWQDISC of every interface.
    pub qdiscs: Messages,
    /// RTM_NEWTFILTER of qdiscs that packets pass before or after all rules (`clsact`, `ingress`).
    pub filters: Messages,
    /// XFRM_MSG_NEWPOLICY of every IPsec policy but those of single sockets; empty where the kernel part for them is not loaded, none where they
    /// were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Messages>,
    /// What the files of systemd's units say of addresses, in the order in which it counts: only of units that own sockets, and their slices.
    pub units: Vec<UnitSetting>,
    /// SELinux, where it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<Selinux>,
}

/// A line of a unit file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSetting {
    /// The unit: `nginx.service`, `system.slice`.
    pub unit: String,
    /// The file that holds it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// `IPAddressAllow`, `IPAddressDeny`.
    pub key: String,
    /// As it is written.
    pub value: String,
}

/// What SELinux does here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selinux {
    /// It denies, and not only tells.
    pub enforcing: bool,
    /// Whether the booleans of proxies are on.
    pub booleans: BTreeMap<String, bool>,
}
