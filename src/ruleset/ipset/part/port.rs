//! Ports, alone or with their protocol.

use std::fmt;

use super::{super::Family, super::decode::Table, Part, icmp, number};
use crate::ruleset::protocols;

const PORT: u16 = 4;
const PROTO: u16 = 7;

/// `IPPROTO_*`.
pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMPV6: u8 = 58;
pub const SCTP: u8 = 132;
pub const UDPLITE: u8 = 136;

/// Protocols with ports (`ip_set_proto_with_ports`).
pub const WITH_PORTS: [u8; 4] = [TCP, UDP, SCTP, UDPLITE];

pub(super) fn decode(with_protocol: bool, table: &Table<'_>) -> Option<Option<Part>> {
    let Some(port) = table.be16(PORT)? else { return Some(None) };
    if !with_protocol {
        return Some(Some(Part::Port(port)));
    }
    let protocol = table.byte(PROTO)??;
    Some(Some(Part::ProtocolPort { protocol, port }))
}

/// `ipset_print_proto_port`.
pub(super) fn print(protocol: u8, port: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match protocols::name(protocol.into()) {
        Some(name) => write!(f, "{name}:")?,
        None => write!(f, "{protocol}:")?,
    }
    let names = match protocol {
        ICMP => icmp::ICMP,
        ICMPV6 => icmp::ICMPV6,
        _ => return write!(f, "{port}"),
    };
    match names.iter().find(|(_, number)| *number == port) {
        Some((name, _)) => f.write_str(name),
        None => write!(f, "{}/{}", port >> 8, port & 0xff),
    }
}

pub(super) fn parse(text: &str) -> Result<Vec<Part>, String> {
    // `bitmap:port` takes a protocol and forgets it.
    let text = text.strip_prefix("tcp:").or_else(|| text.strip_prefix("udp:")).unwrap_or(text);
    let (low, high) = number::port_range(text)?;
    Ok((low..=high).map(Part::Port).collect())
}

/// `ipset_parse_proto_port`: without a protocol it is TCP.
pub(super) fn parse_with_protocol(text: &str, family: Family) -> Result<Vec<Part>, String> {
    let (protocol, rest) = text.split_once(':').map_or((Ok(TCP), text), |(name, rest)| (self::protocol(name), rest));
    let protocol = protocol?;
    let one = |port| Ok(vec![Part::ProtocolPort { protocol, port }]);
    match protocol {
        0 => Err("protocol 0 can't be in a set".into()),
        _ if WITH_PORTS.contains(&protocol) => {
            let (low, high) = number::port_range(rest)?;
            Ok((low..=high).map(|port| Part::ProtocolPort { protocol, port }).collect())
        }
        ICMP if family == Family::V4 => one(icmp::parse(icmp::ICMP, rest)?),
        ICMPV6 if family == Family::V6 => one(icmp::parse(icmp::ICMPV6, rest)?),
        ICMP | ICMPV6 => Err(format!("{text} is of the other IP version")),
        _ if rest == "0" => one(0),
        _ => Err(format!("{text}: this protocol has no ports, only 0")),
    }
}

fn protocol(text: &str) -> Result<u8, String> {
    let lower = text.to_ascii_lowercase();
    let name = if lower == "icmpv6" { "ipv6-icmp" } else { &lower };
    number::unsigned(text).ok().or_else(|| u8::try_from(protocols::number(name)?).ok()).ok_or_else(|| format!("{text} is no protocol"))
}
