//! Packets for cases, each of both IP versions.

use crate::packet::{Body, Packet, SYN, icmp, tcp, udp};

/// TCP SYNs that come in and are forwarded.
pub fn syn(port: u16) -> [Packet; 2] {
    flags(port, SYN)
}

/// Such packets with these TCP flags.
pub fn flags(port: u16, flags: u8) -> [Packet; 2] {
    [("10.1.0.7", "10.2.0.7"), ("fd00:1::7", "fd00:2::7")].map(|(from, to)| tcp(Some("eth0"), from, to, (2000, port), flags))
}

/// UDP that comes in and is forwarded.
pub fn datagram(port: u16) -> [Packet; 2] {
    [("10.1.0.7", "10.2.0.7"), ("fd00:1::7", "fd00:2::7")].map(|(from, to)| udp(Some("eth0"), from, to, (2000, port)))
}

/// UDP that this host sends.
pub fn sent(port: u16) -> [Packet; 2] {
    [("10.1.0.1", "10.2.0.7"), ("fd00:1::1", "fd00:2::7")].map(|(from, to)| udp(None, from, to, (2000, port)))
}

/// ICMP, and ICMPv6, of these types and codes, forwarded.
pub fn errand(v4: (u8, u8), v6: (u8, u8)) -> [Packet; 2] {
    [icmp(Some("eth0"), "10.1.0.7", "10.2.0.7", v4.0, v4.1), icmp(Some("eth0"), "fd00:1::7", "fd00:2::7", v6.0, v6.1)]
}

/// A protocol with these bytes behind the IP header, forwarded.
pub fn raw(protocol: u8, payload: &[u8]) -> [Packet; 2] {
    [("10.1.0.7", "10.2.0.7"), ("fd00:1::7", "fd00:2::7")].map(|(from, to)| {
        let mut packet = Packet::new(Some("eth0"), from, to, Body::Other(protocol));
        packet.payload = payload.to_vec();
        packet
    })
}

/// The same packets with something changed.
pub fn with(mut packets: [Packet; 2], change: impl Fn(&mut Packet)) -> [Packet; 2] {
    packets.iter_mut().for_each(change);
    packets
}

/// Those of one version: `[v4, _]`.
pub fn v4(packets: [Packet; 2]) -> Vec<Packet> {
    packets.into_iter().filter(|packet| packet.source.is_ipv4()).collect()
}

/// Those of the other.
pub fn v6(packets: [Packet; 2]) -> Vec<Packet> {
    packets.into_iter().filter(|packet| packet.source.is_ipv6()).collect()
}
