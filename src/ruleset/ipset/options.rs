//! What a set is created with (`IPSET_CMD_CREATE`): decoded, printed, parsed.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use super::{
    Family, Kind,
    decode::Table,
    kind::Dimension,
    part::{address, number},
};

/// `IPSET_ATTR_*` of a set's header (`enum` of create-specific attributes in ip_set.h).
mod attr {
    pub const IP: u16 = 1;
    pub const IP_TO: u16 = 2;
    pub const PORT: u16 = 4;
    pub const PORT_TO: u16 = 5;
    pub const TIMEOUT: u16 = 6;
    pub const CADT_FLAGS: u16 = 8;
    pub const MARKMASK: u16 = 11;
    /// Since Linux 6.2.
    pub const BITMASK: u16 = 12;
    pub const INITVAL: u16 = 17;
    pub const HASHSIZE: u16 = 18;
    pub const MAXELEM: u16 = 19;
    pub const NETMASK: u16 = 20;
    pub const BUCKETSIZE: u16 = 21;
    pub const SIZE: u16 = 23;
    pub const ELEMENTS: u16 = 24;
    pub const REFERENCES: u16 = 25;
}

/// `IPSET_FLAG_WITH_*`.
const WITH_COUNTERS: u32 = 1 << 3;
const WITH_COMMENT: u32 = 1 << 4;
const WITH_FORCEADD: u32 = 1 << 5;
const WITH_SKBINFO: u32 = 1 << 6;

/// The name of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Family,
    Range,
    HashSize,
    MaxElements,
    NetMask,
    BitMask,
    MarkMask,
    Size,
    Timeout,
    Counters,
    Comment,
    SkbInfo,
    BucketSize,
    InitialValue,
}

/// What a bitmap spans, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Addresses(Ipv4Addr, Ipv4Addr),
    Ports(u16, u16),
}

/// What a set was created with, and what the kernel counts of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub range: Option<Span>,
    pub hash_size: Option<u32>,
    pub max_elements: Option<u32>,
    /// Prefix length to which addresses are cut.
    pub net_mask: Option<u8>,
    /// Mask to which addresses are cut.
    pub bit_mask: Option<IpAddr>,
    pub mark_mask: Option<u32>,
    pub size: Option<u32>,
    /// Elements live for this many seconds (0: for ever) unless they say otherwise; none: without timeouts at all.
    pub timeout: Option<u32>,
    pub counters: bool,
    pub comment: bool,
    pub skb_info: bool,
    /// A full set drops a random element for a new one. `ipset save` does not write it.
    pub force_add: bool,
    pub bucket_size: Option<u8>,
    pub initial_value: Option<u32>,
    /// Number of elements, if the kernel told it.
    pub elements: Option<u64>,
    /// Number of rules and lists that name the set, if the kernel told it.
    pub references: Option<u32>,
}

impl Options {
    /// From the attributes of `IPSET_ATTR_DATA`; none if one cannot be read.
    pub(super) fn decode(table: &Table<'_>) -> Option<Self> {
        let flags = table.be32(attr::CADT_FLAGS)?.unwrap_or_default();
        let span = match (table.address(attr::IP)?, table.address(attr::IP_TO)?, table.be16(attr::PORT)?, table.be16(attr::PORT_TO)?) {
            (Some(IpAddr::V4(from)), Some(IpAddr::V4(to)), ..) => Some(Span::Addresses(from, to)),
            (.., Some(from), Some(to)) => Some(Span::Ports(from, to)),
            _ => None,
        };
        Some(Self {
            range: span,
            hash_size: table.be32(attr::HASHSIZE)?,
            max_elements: table.be32(attr::MAXELEM)?,
            net_mask: table.byte(attr::NETMASK)?,
            bit_mask: table.address(attr::BITMASK)?,
            mark_mask: table.any32(attr::MARKMASK)?,
            size: table.be32(attr::SIZE)?,
            timeout: table.be32(attr::TIMEOUT)?,
            counters: flags & WITH_COUNTERS != 0,
            comment: flags & WITH_COMMENT != 0,
            skb_info: flags & WITH_SKBINFO != 0,
            force_add: flags & WITH_FORCEADD != 0,
            bucket_size: table.byte(attr::BUCKETSIZE)?,
            initial_value: table.be32(attr::INITVAL)?,
            elements: table.be32(attr::ELEMENTS)?.map(u64::from),
            references: table.be32(attr::REFERENCES)?,
        })
    }

    /// Writes an option with a space before it, if it is there.
    pub(super) fn print(&self, name: Name, family: Family, out: &mut impl fmt::Write) -> fmt::Result {
        fn with(out: &mut impl fmt::Write, word: &str, value: Option<impl fmt::Display>) -> fmt::Result {
            value.map_or(Ok(()), |value| write!(out, " {word} {value}"))
        }
        let flag = |out: &mut _, word: &str, is: bool| if is { fmt::Write::write_fmt(out, format_args!(" {word}")) } else { Ok(()) };
        match name {
            Name::Family => match family {
                Family::Any => Ok(()),
                Family::V4 => out.write_str(" family inet"),
                Family::V6 => out.write_str(" family inet6"),
            },
            Name::Range => match self.range {
                None => Ok(()),
                Some(Span::Addresses(from, to)) => write!(out, " range {from}-{to}"),
                Some(Span::Ports(from, to)) => write!(out, " range {from}-{to}"),
            },
            Name::HashSize => with(out, "hashsize", self.hash_size),
            Name::MaxElements => with(out, "maxelem", self.max_elements),
            Name::NetMask => with(out, "netmask", self.net_mask),
            Name::BitMask => with(out, "bitmask", self.bit_mask),
            Name::MarkMask => with(out, "markmask", self.mark_mask.map(|mask| format!("{mask:#010x}"))),
            Name::Size => with(out, "size", self.size),
            Name::Timeout => with(out, "timeout", self.timeout),
            Name::Counters => flag(out, "counters", self.counters),
            Name::Comment => flag(out, "comment", self.comment),
            Name::SkbInfo => flag(out, "skbinfo", self.skb_info),
            Name::BucketSize => with(out, "bucketsize", self.bucket_size),
            Name::InitialValue => with(out, "initval", self.initial_value.map(|value| format!("{value:#010x}"))),
        }
    }

    /// Takes an option with its value from a text; `Ok(false)` if it has no value of its own, the complaint if it cannot be understood.
    pub(super) fn parse(&mut self, word: &str, value: Option<&str>, kind: &Kind, family: &mut Family) -> Result<bool, String> {
        let value = || value.ok_or_else(|| format!("{word} lacks its value"));
        match word {
            "counters" => self.counters = true,
            "comment" => self.comment = true,
            "skbinfo" => self.skb_info = true,
            "forceadd" => self.force_add = true,
            "-4" => *family = Family::V4,
            "-6" => *family = Family::V6,
            _ => {
                self.parse_valued(word, value()?, kind, family)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn parse_valued(&mut self, word: &str, value: &str, kind: &Kind, family: &mut Family) -> Result<(), String> {
        match word {
            "family" => {
                *family = match value {
                    "inet" | "ipv4" | "-4" => Family::V4,
                    "inet6" | "ipv6" | "-6" => Family::V6,
                    "any" | "unspec" => Family::Any,
                    other => return Err(format!("{other} is no family")),
                }
            }
            "range" | "network" if kind.dimensions == [Dimension::Port] => {
                self.range = Some(Span::Ports(number::port_range(value)?.0, number::port_range(value)?.1));
            }
            "range" | "network" => {
                let (low, high) = address::range(value, Family::V4)?;
                self.range = Some(Span::Addresses(Ipv4Addr::from(low as u32), Ipv4Addr::from(high as u32)));
            }
            "from" | "to" => self.parse_end(word == "from", value, kind)?,
            "hashsize" => self.hash_size = Some(number::unsigned(value)?),
            "maxelem" => self.max_elements = Some(number::unsigned(value)?),
            "netmask" => self.net_mask = Some(address::prefix_length(value, family.width())?),
            "bitmask" => self.bit_mask = Some(address::single(value, *family)?),
            "markmask" => self.mark_mask = Some(number::unsigned(value)?),
            "size" => self.size = Some(number::unsigned(value)?),
            "timeout" => self.timeout = Some(number::unsigned(value)?),
            "bucketsize" => self.bucket_size = Some(number::unsigned(value)?),
            "initval" => self.initial_value = Some(number::unsigned(value)?),
            // Options of old versions, which ipset itself passes over.
            "probes" | "resize" | "gc" => {}
            other => return Err(format!("{other} is no option of {}", kind.name)),
        }
        Ok(())
    }

    /// `from` and `to`, as ipset 4 wrote a range.
    fn parse_end(&mut self, first: bool, value: &str, kind: &Kind) -> Result<(), String> {
        self.range = Some(if kind.dimensions == [Dimension::Port] {
            let end = number::unsigned(value)?;
            match self.range {
                Some(Span::Ports(from, _)) if !first => Span::Ports(from, end),
                Some(Span::Ports(_, to)) => Span::Ports(end, to),
                _ => Span::Ports(end, end),
            }
        } else {
            let end: Ipv4Addr = value.parse().map_err(|_| format!("{value} is no IPv4 address"))?;
            match self.range {
                Some(Span::Addresses(from, _)) if !first => Span::Addresses(from, end),
                Some(Span::Addresses(_, to)) => Span::Addresses(end, to),
                _ => Span::Addresses(end, end),
            }
        });
        Ok(())
    }

    /// The bits of an address that count in keys: all, or those of the net mask or bit mask.
    #[must_use]
    pub fn mask(&self, family: Family) -> u128 {
        let width = family.width();
        match (self.net_mask, self.bit_mask) {
            (Some(length), _) => address::prefix_mask(length.min(width), width),
            (None, Some(mask)) => address::number_of(mask),
            (None, None) => address::prefix_mask(width, width),
        }
    }
}
