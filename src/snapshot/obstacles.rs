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
    /// XFRM_MSG_NEWPOLICY of every IPsec policy but those of single sockets; empty where the kernel part for them is not loaded.
    pub policies: Messages,
}
