//! Links, addresses, routes and sysctls of the lab.
//!
//! Everything that would make the kernel send or receive a packet of its own is switched off, so that counters see only the packets of the
//! test: no ARP and no neighbour discovery (the links are NOARP), no multicast groups to report, no ICMP errors, no echo replies, no
//! redirects. TCP resets can't be switched off: they are avoided by wrong checksums, which neither conntrack nor forwarding looks at here.

use std::io;
use std::path::Path;

/// Both pairs of links.
pub const LINKS: &str = "\
link add eth0 address 02:00:00:00:00:01 type veth peer name peer0 address 02:00:00:00:00:11
link add eth1 address 02:00:00:00:00:02 type veth peer name peer1 address 02:00:00:00:00:12
";

/// The host under test.
pub const ADDRESSES: &str = "\
link set lo up
link set eth0 arp off multicast off up
link set eth1 arp off multicast off up
addr add 10.1.0.1/24 broadcast 10.1.0.255 dev eth0
addr add 192.0.2.1/32 dev eth0
addr add 10.2.0.1/24 broadcast 10.2.0.255 dev eth1
addr add fd00:1::1/64 dev eth0 nodad
addr add 2001:db8::1/128 dev eth0 nodad
addr add fd00:2::1/64 dev eth1 nodad
route add default via 10.1.0.254 dev eth0
route add 10.3.0.0/16 via 10.2.0.254 dev eth1
route add 198.51.100.0/24 via 10.2.0.254 dev eth1
route add ::/0 via fd00:1::fe dev eth0
route add fd00:3::/32 via fd00:2::fe dev eth1
route add 2001:db8:3::/48 via fd00:2::fe dev eth1
";

/// The far ends: up, and silent.
pub const PEER_LINKS: &str = "\
link set lo up
link set peer0 arp off multicast off up
link set peer1 arp off multicast off up
";

/// Before links are made.
pub const NEW_LINKS: &[(&str, &str)] = &[
    ("net/ipv6/conf/default/addr_gen_mode", "1"),
    ("net/ipv6/conf/default/accept_dad", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/send_redirects", "0"),
    ("net/ipv4/conf/all/send_redirects", "0"),
];

/// The host, after its links are there.
pub const HOST: &[(&str, &str)] = &[
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv6/conf/all/forwarding", "1"),
    ("net/ipv4/icmp_echo_ignore_all", "1"),
    ("net/ipv6/icmp/echo_ignore_all", "1"),
    ("net/ipv4/icmp_msgs_per_sec", "0"),
    ("net/ipv4/icmp_msgs_burst", "0"),
    ("net/netfilter/nf_conntrack_checksum", "0"),
    // Fragments that never become whole are told of when their time is up, over loopback whatever the limits say (`icmp6_send`,
    // `ip6frag_expire_frag_queue`; `ip_expire`): that would meet the rules of a later case.
    ("net/ipv4/ipfrag_time", "86400"),
    ("net/ipv6/ip6frag_time", "86400"),
    ("net/netfilter/nf_conntrack_frag6_timeout", "86400"),
];

/// The peers' namespace.
pub const PEERS: &[(&str, &str)] = &[("net/ipv6/conf/all/disable_ipv6", "1"), ("net/ipv6/conf/default/disable_ipv6", "1")];

/// Sets sysctls of the thread's network namespace.
pub fn sysctls(values: &[(&str, &str)]) -> io::Result<()> {
    for (name, value) in values {
        std::fs::write(Path::new("/proc/sys").join(name), value).map_err(|e| io::Error::other(format!("sysctl {name}: {e}")))?;
    }
    Ok(())
}
