//! Sysctls to model: `all` and the interface's own value joined as the kernel's `IN_DEV_*` macros (inetdevice.h) join them.

use std::collections::BTreeMap;

use crate::{
    model::{IpVersion, Settings, settings::InterfaceSettings},
    network::Network,
};

/// The settings of one IP version.
#[must_use]
pub fn lower(network: &Network, sysctls: &BTreeMap<String, String>, version: IpVersion) -> Settings {
    let mut reader = Reader { sysctls, assumed: Vec::new() };
    let mut settings = Settings { tcp_loose: reader.get("net/netfilter/nf_conntrack_tcp_loose", 1) != 0, ..Settings::default() };
    // Kernels without TCP over namespaces do not tell it: then it is off.
    let on = |path: &str| sysctls.get(path).is_some_and(|value| value.trim() != "0");
    settings.finds_path_mtu_itself = on("net/ipv4/tcp_mtu_probing") || version == IpVersion::V4 && on("net/ipv4/ip_no_pmtu_disc");
    match version {
        IpVersion::V4 => {
            settings.ignore_echo = reader.get("net/ipv4/icmp_echo_ignore_all", 0) != 0;
            settings.interfaces = network.links.iter().map(|link| reader.interface_v4(link.index, &link.name)).collect();
        }
        IpVersion::V6 => {
            settings.forwarding = reader.get("net/ipv6/conf/all/forwarding", 0) != 0;
            settings.ignore_echo = reader.get("net/ipv6/icmp/echo_ignore_all", 0) != 0;
            settings.interfaces = network.links.iter().map(|link| reader.interface_v6(link.index, &link.name)).collect();
        }
    }
    settings.assumed = reader.assumed;
    settings
}

/// Reads values and notes those that were not collected.
struct Reader<'a> {
    sysctls: &'a BTreeMap<String, String>,
    assumed: Vec<String>,
}

impl Reader<'_> {
    fn interface_v4(&mut self, interface: u32, name: &str) -> InterfaceSettings {
        let either = |reader: &mut Self, key: &str, default| reader.of("all", "ipv4", key, 0).max(reader.of(name, "ipv4", key, default));
        InterfaceSettings {
            interface,
            forwarding: self.of(name, "ipv4", "forwarding", 0) != 0,
            force_forwarding: false,
            rp_filter: u8::try_from(either(self, "rp_filter", 0)).unwrap_or(0),
            src_valid_mark: either(self, "src_valid_mark", 0) != 0,
            accept_local: either(self, "accept_local", 0) != 0,
            route_localnet: either(self, "route_localnet", 0) != 0,
            send_redirects: either(self, "send_redirects", 1) != 0,
            bc_forwarding: self.of("all", "ipv4", "bc_forwarding", 0) != 0 && self.of(name, "ipv4", "bc_forwarding", 0) != 0,
            drop_unicast_in_l2_multicast: either(self, "drop_unicast_in_l2_multicast", 0) != 0,
            disabled: false,
        }
    }

    fn interface_v6(&mut self, interface: u32, name: &str) -> InterfaceSettings {
        InterfaceSettings {
            interface,
            // Absent from kernels that do not have it: not noted as missing.
            force_forwarding: self.sysctls.get(&path(name, "ipv6", "force_forwarding")).is_some_and(|value| value.trim() != "0"),
            drop_unicast_in_l2_multicast: self.of(name, "ipv6", "drop_unicast_in_l2_multicast", 0) != 0,
            disabled: self.of(name, "ipv6", "disable_ipv6", 0) != 0,
            ..InterfaceSettings::default()
        }
    }

    fn of(&mut self, name: &str, version: &str, key: &str, default: u32) -> u32 {
        self.get(&path(name, version, key), default)
    }

    fn get(&mut self, path: &str, default: u32) -> u32 {
        if let Some(value) = self.sysctls.get(path).and_then(|value| value.trim().parse().ok()) {
            return value;
        }
        if !self.assumed.iter().any(|each| each == path) {
            self.assumed.push(path.to_owned());
        }
        default
    }
}

fn path(name: &str, version: &str, key: &str) -> String {
    format!("net/{version}/conf/{name}/{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Link;

    #[test]
    fn the_stricter_of_all_and_the_interface_counts() {
        let network = Network { links: vec![Link { index: 2, name: "eth0".into(), ..Link::default() }], ..Network::default() };
        let sysctls = [("all", "1"), ("eth0", "2")].map(|(name, value)| (path(name, "ipv4", "rp_filter"), value.to_owned() + "\n"));
        let settings = lower(&network, &sysctls.into_iter().collect(), IpVersion::V4);
        let eth0 = settings.interface(2).expect("it was lowered");
        assert_eq!(eth0.rp_filter, 2);
        assert!(settings.assumed.iter().any(|path| path == "net/ipv4/conf/eth0/forwarding"));
        assert!(!settings.assumed.iter().any(|path| path.ends_with("rp_filter")));
    }
}
