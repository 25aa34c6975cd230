//! The matches, a file each.

use super::extension::extensions;

extensions! {
    /// One match of a rule.
    Match:
    addrtype Addrtype,
    ah Ah,
    comment Comment,
    connmark Connmark,
    conntrack Conntrack,
    cpu Cpu,
    dccp Dccp,
    devgroup Devgroup,
    dscp Dscp,
    ecn Ecn,
    esp Esp,
    eui64 Eui64,
    icmp Icmp,
    iprange Iprange,
    length Length,
    mac Mac,
    mark Mark,
    multiport Multiport,
    owner Owner,
    physdev Physdev,
    pkttype Pkttype,
    policy Policy,
    realm Realm,
    sctp Sctp,
    set Set,
    tcp Tcp,
    tcpmss Tcpmss,
    tos Tos,
    ttl Ttl,
    udp Udp,
}
