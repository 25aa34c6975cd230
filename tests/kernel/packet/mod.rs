//! The packets of the tests: what they are, their bytes, and the JSON line by which `clearway trace --packets` is told of them.

pub mod bytes;
mod json;

use std::net::IpAddr;

/// TCP flag bits.
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;
pub const URG: u8 = 32;

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The host's interface that it comes in by; none if the host sends it.
    pub input: Option<&'static str>,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub ttl: u8,
    pub dscp: u8,
    pub ecn: u8,
    /// Mark of the sending socket; 0 for a packet that comes in.
    pub mark: u32,
    pub fragment: Fragment,
    /// IPv4 identification; also that of an IPv6 fragment.
    pub id: u16,
    /// IPv6 flow label.
    pub flow_label: u32,
    /// Last byte of the hardware address that a frame comes from.
    pub mac: u8,
    /// Options of a TCP header, a multiple of 4 bytes.
    pub options: Vec<u8>,
    pub body: Body,
    /// What follows the transport header.
    pub payload: Vec<u8>,
}

/// The fragment that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fragment {
    /// In units of 8 bytes.
    pub offset: u16,
    pub more: bool,
}

/// Its transport header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Tcp {
        source: u16,
        destination: u16,
        flags: u8,
        sequence: u32,
        acknowledgement: u32,
    },
    Udp {
        source: u16,
        destination: u16,
    },
    /// ICMP or ICMPv6, as the addresses are.
    Icmp {
        kind: u8,
        code: u8,
        identifier: u16,
    },
    /// A protocol number with nothing but payload.
    Other(u8),
}

/// What connection tracking tells connections apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tuple {
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
    protocol: u8,
}

impl Tuple {
    /// The tuple of a reply.
    pub fn reversed(&self) -> Self {
        Self { source: self.destination, destination: self.source, protocol: self.protocol }
    }
}

impl Packet {
    /// A packet with ordinary header fields.
    pub fn new(input: Option<&'static str>, source: &str, destination: &str, body: Body) -> Self {
        let address = |text: &str| text.parse().expect("an address written in a test");
        let (source, destination) = (address(source), address(destination));
        Self {
            input,
            source,
            destination,
            ttl: 64,
            dscp: 0,
            ecn: 0,
            mark: 0,
            fragment: Fragment::default(),
            id: 4242,
            flow_label: 0,
            mac: if input == Some("eth1") { 0x12 } else { 0x11 },
            options: Vec::new(),
            body,
            payload: Vec::new(),
        }
    }

    /// Number of its transport protocol.
    pub fn protocol(&self) -> u8 {
        match self.body {
            Body::Tcp { .. } => 6,
            Body::Udp { .. } => 17,
            Body::Icmp { .. } if self.source.is_ipv4() => 1,
            Body::Icmp { .. } => 58,
            Body::Other(number) => number,
        }
    }

    /// What connection tracking knows it by.
    pub fn tuple(&self) -> Tuple {
        let (source, destination) = match self.body {
            Body::Tcp { source, destination, .. } | Body::Udp { source, destination } => (source, destination),
            Body::Icmp { identifier, .. } => (identifier, identifier),
            Body::Other(_) => (0, 0),
        };
        Tuple { source: (self.source, source), destination: (self.destination, destination), protocol: self.protocol() }
    }
}

/// A TCP packet.
pub fn tcp(input: Option<&'static str>, source: &str, destination: &str, ports: (u16, u16), flags: u8) -> Packet {
    let body = Body::Tcp { source: ports.0, destination: ports.1, flags, sequence: 1000, acknowledgement: 0 };
    Packet::new(input, source, destination, body)
}

/// A UDP packet.
pub fn udp(input: Option<&'static str>, source: &str, destination: &str, ports: (u16, u16)) -> Packet {
    Packet::new(input, source, destination, Body::Udp { source: ports.0, destination: ports.1 })
}

/// An ICMP or ICMPv6 packet.
pub fn icmp(input: Option<&'static str>, source: &str, destination: &str, kind: u8, code: u8) -> Packet {
    Packet::new(input, source, destination, Body::Icmp { kind, code, identifier: 7 })
}
