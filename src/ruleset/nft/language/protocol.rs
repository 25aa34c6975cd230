//! The headers that nft knows: the name, place and type of each field, and which protocol follows which.

use super::datatype::{self as types, Datatype};
pub use super::transport::{AH, COMP, DCCP, ESP, ICMP, ICMP6, IGMP, SCTP, TCP, TH, UDP, UDPLITE};

/// Which header a payload is read from; ordered as the layers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    None = 0,
    Link = 1,
    Network = 2,
    Transport = 3,
    Inner = 4,
}

impl Layer {
    /// The letters of a raw payload.
    pub const fn token(self) -> &'static str {
        match self {
            Self::None => "invalid",
            Self::Link => "ll",
            Self::Network => "nh",
            Self::Transport => "th",
            Self::Inner => "ih",
        }
    }

    /// The layer above.
    pub const fn above(self) -> Self {
        match self {
            Self::None => Self::Link,
            Self::Link => Self::Network,
            Self::Network => Self::Transport,
            Self::Transport | Self::Inner => Self::Inner,
        }
    }
}

/// A field of a header; offsets and widths in bits.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub offset: u32,
    pub bits: u32,
    pub datatype: Datatype,
    /// The ICMP type that the packet must have for this field to be there.
    pub only_icmp_type: Option<u8>,
}

/// The protocols above one, by the value of its key; of several values the first is the usual one.
pub type Above = &'static [(u32, &'static Protocol)];

/// A header.
#[derive(Debug)]
pub struct Protocol {
    pub name: &'static str,
    /// nft's number of it in the user data of a `typeof` set.
    pub id: u32,
    pub layer: Layer,
    /// Length in bits, of headers that can be stacked on one layer.
    pub length: u32,
    /// In nft's order, which is that of their numbers in the user data of a `typeof` set (the first is 1 unless said otherwise).
    pub fields: &'static [Field],
    /// Position in `fields` of the one that tells the next protocol.
    pub key: Option<usize>,
    /// Protocols above, by the key's value; a function, because some headers can follow themselves.
    pub above: fn() -> Above,
}

impl Protocol {
    /// The protocol that this value of the key stands for.
    pub fn upper(&self, number: u128) -> Option<&'static Protocol> {
        (self.above)().iter().find(|(n, _)| u128::from(*n) == number).map(|(_, p)| *p)
    }

    /// Is this the same protocol?
    pub fn is(&self, other: &Protocol) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A field.
pub const fn field(name: &'static str, offset: u32, bits: u32, datatype: Datatype) -> Field {
    Field { name, offset, bits, datatype, only_icmp_type: None }
}

/// A field that only packets of one ICMP type have.
pub const fn icmp_field(name: &'static str, offset: u32, bits: u32, datatype: Datatype, only: u8) -> Field {
    Field { name, offset, bits, datatype, only_icmp_type: Some(only) }
}

/// A header that tells nothing of what follows it.
pub const fn header(name: &'static str, id: u32, layer: Layer, fields: &'static [Field]) -> Protocol {
    Protocol { name, id, layer, length: 0, fields, key: None, above: none }
}

fn none() -> Above {
    &[]
}

fn over_ip() -> Above {
    static LIST: Above = &[
        (1, &ICMP),
        (58, &ICMP6),
        (2, &IGMP),
        (50, &ESP),
        (51, &AH),
        (108, &COMP),
        (17, &UDP),
        (136, &UDPLITE),
        (6, &TCP),
        (33, &DCCP),
        (132, &SCTP),
    ];
    LIST
}

pub static IP: Protocol = Protocol {
    above: over_ip,
    key: Some(8),
    ..header(
        "ip",
        12,
        Layer::Network,
        &[
            field("version", 0, 4, &types::INTEGER),
            field("hdrlength", 4, 4, &types::INTEGER),
            field("dscp", 8, 6, &types::DSCP),
            field("ecn", 14, 2, &types::ECN),
            field("length", 16, 16, &types::INTEGER),
            field("id", 32, 16, &types::INTEGER),
            field("frag-off", 48, 16, &types::INTEGER),
            field("ttl", 64, 8, &types::INTEGER),
            field("protocol", 72, 8, &types::INET_PROTO),
            field("checksum", 80, 16, &types::INTEGER),
            field("saddr", 96, 32, &types::IPV4_ADDR),
            field("daddr", 128, 32, &types::IPV4_ADDR),
        ],
    )
};

pub static IP6: Protocol = Protocol {
    above: over_ip,
    key: Some(5),
    ..header(
        "ip6",
        13,
        Layer::Network,
        &[
            field("version", 0, 4, &types::INTEGER),
            field("dscp", 4, 6, &types::DSCP),
            field("ecn", 10, 2, &types::ECN),
            field("flowlabel", 12, 20, &types::INTEGER),
            field("length", 32, 16, &types::INTEGER),
            field("nexthdr", 48, 8, &types::INET_PROTO),
            field("hoplimit", 56, 8, &types::INTEGER),
            field("saddr", 64, 128, &types::IPV6_ADDR),
            field("daddr", 192, 128, &types::IPV6_ADDR),
        ],
    )
};

pub static ARP: Protocol = header(
    "arp",
    15,
    Layer::Network,
    &[
        field("htype", 0, 16, &types::INTEGER),
        field("ptype", 16, 16, &types::ETHER_TYPE),
        field("hlen", 32, 8, &types::INTEGER),
        field("plen", 40, 8, &types::INTEGER),
        field("operation", 48, 16, &types::ARP_OPERATION),
        field("saddr ether", 64, 48, &types::ETHER_ADDR),
        field("daddr ether", 144, 48, &types::ETHER_ADDR),
        field("saddr ip", 112, 32, &types::IPV4_ADDR),
        field("daddr ip", 192, 32, &types::IPV4_ADDR),
    ],
);

fn over_ether() -> Above {
    static LIST: Above = &[(0x0800, &IP), (0x0806, &ARP), (0x86dd, &IP6), (0x8100, &VLAN), (0x88a8, &VLAN)];
    LIST
}

pub static VLAN: Protocol = Protocol {
    length: 32,
    key: Some(4),
    above: over_ether,
    ..header(
        "vlan",
        16,
        Layer::Link,
        &[
            field("pcp", 0, 3, &types::INTEGER),
            field("dei", 3, 1, &types::INTEGER),
            field("cfi", 3, 1, &types::INTEGER),
            field("id", 4, 12, &types::INTEGER),
            field("type", 16, 16, &types::ETHER_TYPE),
        ],
    )
};

pub static ETHER: Protocol = Protocol {
    length: 112,
    key: Some(2),
    above: over_ether,
    ..header(
        "ether",
        17,
        Layer::Link,
        &[field("daddr", 0, 48, &types::ETHER_ADDR), field("saddr", 48, 48, &types::ETHER_ADDR), field("type", 96, 16, &types::ETHER_TYPE)],
    )
};

fn over_inet() -> Above {
    static LIST: Above = &[(2, &IP), (10, &IP6)];
    LIST
}

/// What an inet table stands on: `meta nfproto` tells the network protocol.
pub static INET: Protocol = Protocol { above: over_inet, ..header("inet", 0, Layer::Link, &[]) };

/// What a netdev table stands on: `meta protocol` tells the network protocol.
pub static NETDEV: Protocol = Protocol { above: over_ether, ..header("netdev", 0, Layer::Link, &[]) };

/// Transport protocols where it is not known over which network protocol.
pub static INET_SERVICE: Protocol = Protocol { above: over_ip, ..header("inet-service", 0, Layer::Transport, &[]) };

/// A protocol that nft has no description of.
pub static UNKNOWN: Protocol = header("unknown", 0, Layer::None, &[]);

/// Every header that can be named in the user data of a set.
pub const DESCRIBED: &[&Protocol] =
    &[&AH, &ESP, &COMP, &ICMP, &IGMP, &UDP, &UDPLITE, &TCP, &DCCP, &SCTP, &TH, &IP, &IP6, &ICMP6, &ARP, &VLAN, &ETHER];
