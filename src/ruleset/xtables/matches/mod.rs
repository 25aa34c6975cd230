//! The matches, a file each.

use super::extension::extensions;

extensions! {
    /// One match of a rule.
    Match:
    addrtype Addrtype,
    comment Comment,
    connmark Connmark,
    conntrack Conntrack,
    icmp Icmp,
    iprange Iprange,
    length Length,
    mac Mac,
    mark Mark,
    multiport Multiport,
    owner Owner,
    pkttype Pkttype,
    set Set,
    tcp Tcp,
    ttl Ttl,
    udp Udp,
}
