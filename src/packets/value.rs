//! How one value of a field is written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    gateway::expression::{Protocol, State},
    model::{Field, Interface, IpVersion},
};

/// TCP flags by their bits.
pub const TCP_FLAGS: [(&str, u128); 8] =
    [("fin", 1), ("syn", 2), ("rst", 4), ("psh", 8), ("ack", 16), ("urg", 32), ("ecn", 64), ("cwr", 128)];

/// The bits of a TCP flag; ECE has two names.
#[must_use]
pub fn flag(name: &str) -> Option<u128> {
    let name = if name == "ece" { "ecn" } else { name };
    TCP_FLAGS.iter().find(|(each, _)| *each == name).map(|(_, bit)| *bit)
}

/// What is needed to write a value.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub version: IpVersion,
    pub interfaces: &'a [Interface],
}

impl Words<'_> {
    /// A value as the operator writes it.
    #[must_use]
    pub fn value(&self, field: Field, value: u128) -> String {
        match field {
            Field::Source | Field::Destination | Field::CtOriginalSource | Field::CtOriginalDestination => {
                address(self.version, value).to_string()
            }
            Field::InInterface | Field::OutInterface => self.interface(value),
            Field::Protocol => u8::try_from(value).map_or_else(|_| value.to_string(), |number| Protocol(number).to_string()),
            Field::TcpFlags => flags(value),
            Field::CtState => State::name_of(value).map_or_else(|| value.to_string(), str::to_owned),
            Field::LinkSource | Field::LinkDestination => mac(value),
            _ => value.to_string(),
        }
    }

    /// The name of an interface by its index.
    #[must_use]
    pub fn interface(&self, index: u128) -> String {
        let known = self.interfaces.iter().find(|interface| u128::from(interface.index) == index);
        known.map_or_else(|| format!("#{index}"), |interface| interface.name.clone())
    }
}

/// An address from its number.
#[must_use]
pub fn address(version: IpVersion, value: u128) -> IpAddr {
    match version {
        IpVersion::V4 => Ipv4Addr::from(u32::try_from(value & 0xffff_ffff).unwrap_or_default()).into(),
        IpVersion::V6 => Ipv6Addr::from(value).into(),
    }
}

/// `a-b`, or a prefix if it is one.
#[must_use]
pub fn addresses(version: IpVersion, low: u128, high: u128) -> String {
    let size = high - low;
    let width = Field::Source.width(version);
    if size & size.wrapping_add(1) == 0 && low & size == 0 {
        let host_bits = u8::try_from(size.count_ones()).unwrap_or(width);
        return format!("{}/{}", address(version, low), width - host_bits);
    }
    format!("{}-{}", address(version, low), address(version, high))
}

/// The names of TCP flags, with `|` between them.
#[must_use]
pub fn flags(value: u128) -> String {
    if value == 0 { "none".to_owned() } else { flag_names(value).collect::<Vec<_>>().join("|") }
}

/// The names of TCP flags.
pub fn flag_names(value: u128) -> impl Iterator<Item = &'static str> {
    TCP_FLAGS.iter().filter(move |(_, bit)| value & bit != 0).map(|(name, _)| *name)
}

fn mac(value: u128) -> String {
    let bytes = value.to_be_bytes();
    bytes[10..].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}
