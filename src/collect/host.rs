//! What /proc tells: the kernel's release, the settings that the simulation reads, the legacy tables that exist.

use std::{collections::BTreeMap, fs, path::Path};

use crate::model::chain::Backend;

const SYSCTL: &str = "/proc/sys";

/// Settings of the whole network namespace.
const GLOBAL: &[&str] = &[
    "net/ipv4/ip_forward",
    "net/ipv4/ip_default_ttl",
    "net/ipv4/fwmark_reflect",
    "net/ipv4/tcp_fwmark_accept",
    "net/ipv4/tcp_mtu_probing",
    "net/ipv4/ip_no_pmtu_disc",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_local_reserved_ports",
    "net/ipv4/ip_unprivileged_port_start",
    "net/ipv4/ip_nonlocal_bind",
    "net/ipv4/ip_early_demux",
    "net/ipv4/tcp_early_demux",
    "net/ipv4/udp_early_demux",
    "net/ipv4/tcp_l3mdev_accept",
    "net/ipv4/udp_l3mdev_accept",
    "net/ipv4/fib_multipath_hash_policy",
    "net/ipv4/fib_multipath_use_neigh",
    "net/ipv4/icmp_echo_ignore_all",
    "net/ipv4/icmp_echo_ignore_broadcasts",
    "net/ipv4/icmp_ratelimit",
    "net/ipv4/icmp_ratemask",
    "net/ipv6/fwmark_reflect",
    "net/ipv6/ip_nonlocal_bind",
    "net/ipv6/bindv6only",
    "net/ipv6/fib_multipath_hash_policy",
    "net/ipv6/icmp/echo_ignore_all",
    "net/ipv6/icmp/ratelimit",
    "net/netfilter/nf_conntrack_tcp_loose",
    "net/netfilter/nf_conntrack_tcp_be_liberal",
    "net/netfilter/nf_conntrack_checksum",
    "net/netfilter/nf_conntrack_acct",
    "net/netfilter/nf_conntrack_max",
    "net/netfilter/nf_conntrack_count",
    "net/netfilter/nf_conntrack_helper",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "net/bridge/bridge-nf-call-arptables",
    "net/bridge/bridge-nf-filter-vlan-tagged",
    "net/bridge/bridge-nf-pass-vlan-input-dev",
];

/// Settings of each interface, of `all` and of `default`.
const PER_INTERFACE: &[(&str, &[&str])] = &[
    (
        "net/ipv4/conf",
        &[
            "forwarding",
            "rp_filter",
            "src_valid_mark",
            "route_localnet",
            "accept_local",
            "arp_ignore",
            "accept_source_route",
            "log_martians",
        ],
    ),
    ("net/ipv6/conf", &["forwarding", "force_forwarding", "disable_ipv6", "accept_ra", "accept_source_route", "proxy_ndp"]),
];

/// `uname -r`.
#[must_use]
pub fn kernel() -> String {
    nix::sys::utsname::uname().map(|uname| uname.release().to_string_lossy().into_owned()).unwrap_or_default()
}

/// `uname -n`.
#[must_use]
pub fn name() -> String {
    nix::sys::utsname::uname().map(|uname| uname.nodename().to_string_lossy().into_owned()).unwrap_or_default()
}

/// The back end that the program `iptables` works on, as the name of what it leads to tells (`xtables-nft-multi`, `xtables-legacy-multi`).
#[must_use]
pub fn iptables() -> Option<Backend> {
    let folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin"];
    let program = folders.iter().find_map(|folder| fs::canonicalize(Path::new(folder).join("iptables")).ok())?;
    let name = program.file_name()?.to_str()?;
    if name.contains("nft") {
        Some(Backend::NfTables)
    } else if name.contains("legacy") || name == "xtables-multi" {
        Some(Backend::Xtables)
    } else {
        None
    }
}

/// The settings by path below /proc/sys, which shows those of the reading thread's network namespace (`net_ctl_root`). One that a kernel
/// doesn't have is left out.
#[must_use]
pub fn sysctls() -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut read = |path: String| {
        if let Ok(value) = fs::read_to_string(Path::new(SYSCTL).join(&path)) {
            values.insert(path, value.trim_end().to_owned());
        }
    };
    GLOBAL.iter().for_each(|path| read((*path).to_owned()));
    for (folder, names) in PER_INTERFACE {
        let interfaces = fs::read_dir(Path::new(SYSCTL).join(folder)).into_iter().flatten().filter_map(Result::ok);
        for interface in interfaces.filter_map(|entry| entry.file_name().into_string().ok()) {
            names.iter().for_each(|name| read(format!("{folder}/{interface}/{name}")));
        }
    }
    values
}
