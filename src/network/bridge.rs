//! Bridges and the rules of IP.

use std::collections::BTreeMap;

use super::{Link, Network};
use crate::model::IpVersion;

impl Network {
    /// Whether frames that a bridge carries from port to port visit the hooks of IP: the setting of all bridges is on, which exists only where
    /// br_netfilter is loaded, or with it that of this one (`br_nf_pre_routing`).
    #[must_use]
    pub fn bridges_call_rules(&self, bridge: &Link, version: IpVersion, sysctls: &BTreeMap<String, String>) -> bool {
        let [four, six] = bridge.calls_rules;
        let (name, own) = match version {
            IpVersion::V4 => ("net/bridge/bridge-nf-call-iptables", four),
            IpVersion::V6 => ("net/bridge/bridge-nf-call-ip6tables", six),
        };
        bridge.kind.as_deref() == Some("bridge") && sysctls.get(name).is_some_and(|value| own || value.trim() != "0")
    }
}
