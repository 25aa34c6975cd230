//! The parts of keys, a file for each kind: decoded from attributes, printed, parsed.

pub mod address;

pub mod icmp;

pub mod interface;

pub mod mac;

pub mod mark;

pub mod name;

pub mod number;

pub mod port;

use std::fmt;

use ipnet::IpNet;

use super::{Dimension, Family, decode::Table};

/// A part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// An address (with the full prefix length) or a network.
    Address(IpNet),
    /// A port of TCP or UDP.
    Port(u16),
    /// A protocol with its port, its ICMP type (high byte) and code, or 0.
    ProtocolPort {
        protocol: u8,
        port: u16,
    },
    Mac([u8; 6]),
    Mark(u32),
    Interface(Box<Interface>),
    /// The name of a set.
    Set(Box<str>),
}

/// An interface in a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interface {
    pub name: String,
    /// The port of a bridge, not the bridge.
    pub physical: bool,
    /// Any interface whose name begins so.
    pub wildcard: bool,
}

/// More keys than this do not come of one line of a text.
pub(super) const MOST: usize = 1 << 20;

impl Part {
    /// Whether it is an interface told by the beginning of its name.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Interface(interface) if interface.wildcard)
    }

    /// The part of a key at `place` (from 0), from an element's attributes. `Some(None)` if it is not there, none if it cannot be read.
    pub(super) fn decode(dimension: Dimension, second: bool, table: &Table<'_>) -> Option<Option<Self>> {
        match dimension {
            Dimension::Ip | Dimension::Net => address::decode(second, table),
            Dimension::Port | Dimension::ProtocolPort => port::decode(dimension == Dimension::ProtocolPort, table),
            Dimension::Mac => mac::decode(table),
            Dimension::Mark => mark::decode(table),
            Dimension::Interface => interface::decode(table),
            Dimension::Set => Some(name::decode(table)),
        }
    }

    /// All parts that a text means: one, or those of a range.
    pub(super) fn parse(dimension: Dimension, text: &str, family: Family) -> Result<Vec<Self>, String> {
        match dimension {
            Dimension::Ip => address::parse_hosts(text, family),
            Dimension::Net => address::parse_networks(text, family),
            Dimension::Port => port::parse(text),
            Dimension::ProtocolPort => port::parse_with_protocol(text, family),
            Dimension::Mac => mac::parse(text).map(|part| vec![part]),
            Dimension::Mark => mark::parse(text).map(|part| vec![part]),
            Dimension::Interface => interface::parse(text).map(|part| vec![part]),
            Dimension::Set => name::parse(text).map(|part| vec![part]),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(net) => address::print(net, f),
            Self::Port(port) => write!(f, "{port}"),
            Self::ProtocolPort { protocol, port } => port::print(*protocol, *port, f),
            Self::Mac(bytes) => mac::print(*bytes, f),
            Self::Mark(mark) => write!(f, "{mark:#010x}"),
            Self::Interface(interface) => interface::print(interface, f),
            Self::Set(name) => f.write_str(name),
        }
    }
}
