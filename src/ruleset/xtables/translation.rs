//! Where `DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT` and `NETMAP` lead: a range of addresses and ports (libxt_NAT.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::{
    extension::Raw,
    options::{Given, address, number},
    ports::port,
    print::{self, Line},
};
use crate::model::IpVersion;

/// A range that the kernel may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// Lowest and highest address.
    pub addresses: Option<(u128, u128)>,
    /// Lowest and highest port.
    pub ports: Option<(u16, u16)>,
    /// The port that becomes the lowest of the range; those above it follow in order.
    pub base: Option<u16>,
    /// The other `NF_NAT_RANGE_*`: how the kernel chooses.
    pub choice: u32,
}

/// `NF_NAT_RANGE_*`.
const ADDRESSES: u32 = 1;
const PORTS: u32 = 2;
const RANDOM: u32 = 4;
const PERSISTENT: u32 = 8;
const RANDOM_FULLY: u32 = 0x10;
const BASE: u32 = 0x20;

/// `struct nf_nat_ipv4_multi_range_compat`, with the one range that it always has.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Compat {
    count: u32,
    flags: u32,
    low: [u8; 4],
    high: [u8; 4],
    ports: [[u8; 2]; 2],
}

/// `struct nf_nat_range`; an IPv4 address is the beginning of its room.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct One {
    flags: u32,
    low: [u8; 16],
    high: [u8; 16],
    ports: [[u8; 2]; 2],
}

/// `struct nf_nat_range2`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Two {
    one: One,
    base: [u8; 2],
}

impl Range {
    /// The structure of a revision: 0 is an older one in IPv4's tables.
    #[must_use]
    pub fn decode(raw: &Raw<'_>) -> Option<Self> {
        let narrow = |bytes: [u8; 4]| u128::from(u32::from_be_bytes(bytes));
        let wide = |bytes: [u8; 16]| match raw.version {
            IpVersion::V4 => u128::from_be_bytes(bytes) >> 96,
            IpVersion::V6 => u128::from_be_bytes(bytes),
        };
        match (raw.version, raw.revision) {
            (IpVersion::V4, 0) => {
                let info: Compat = raw.read()?;
                (info.count == 1).then(|| Self::new(info.flags, (narrow(info.low), narrow(info.high)), info.ports, [0; 2]))
            }
            (_, 0 | 1) => raw.read::<One>().map(|info| Self::new(info.flags, (wide(info.low), wide(info.high)), info.ports, [0; 2])),
            (_, 2) => raw
                .read::<Two>()
                .map(|info| Self::new(info.one.flags, (wide(info.one.low), wide(info.one.high)), info.one.ports, info.base)),
            _ => None,
        }
    }

    fn new(flags: u32, addresses: (u128, u128), [low, high]: [[u8; 2]; 2], base: [u8; 2]) -> Self {
        Self {
            addresses: (flags & ADDRESSES != 0).then_some(addresses),
            ports: (flags & PORTS != 0).then_some((u16::from_be_bytes(low), u16::from_be_bytes(high))),
            base: (flags & BASE != 0).then_some(u16::from_be_bytes(base)),
            choice: flags & !(ADDRESSES | PORTS | BASE),
        }
    }

    /// The option that says how the kernel chooses.
    pub fn chosen(&mut self, option: &str) {
        self.choice |= match option {
            "random" => RANDOM,
            "random-fully" => RANDOM_FULLY,
            _ => PERSISTENT,
        };
    }

    /// `[address[-address]][:port[-port[/port]]]`; an IPv6 address with ports is in brackets (`parse_to`).
    ///
    /// # Errors
    /// It is not that.
    pub fn read(&mut self, given: &Given<'_>) -> Result<(), String> {
        let text = given.value;
        let (addresses, ports) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some(_) if given.rule.version == IpVersion::V4 => return Err(given.bad("an IPv4 address")),
            Some((addresses, rest)) => (addresses, rest.strip_prefix(':')),
            // Two colons are an IPv6 address.
            None => match text.split_once(':') {
                Some((addresses, ports)) if !ports.contains(':') => (addresses, Some(ports)),
                _ => (text, None),
            },
        };
        if let Some(ports) = ports {
            self.read_ports(ports, given)?;
        }
        if ports.is_none() || !addresses.is_empty() {
            let (low, high) = addresses.split_once('-').unwrap_or((addresses, addresses));
            let one = |text| address(text, given.rule.version);
            self.addresses = Some(one(low).zip(one(high)).ok_or_else(|| given.bad("an address or a range of them"))?);
        }
        Ok(())
    }

    /// `port[-port[/port]]`; the first may be a service's name if it is alone (`parse_ports`).
    ///
    /// # Errors
    /// It is not that, or the rule's protocol has no ports.
    pub fn read_ports(&mut self, text: &str, given: &Given<'_>) -> Result<(), String> {
        if !matches!(given.rule.protocol, Some(1 | 6 | 17 | 33 | 132)) {
            return Err(format!("--{}: ports need a protocol that has some: tcp, udp, sctp or dccp", given.name));
        }
        let bad = || given.bad("a port or a range of ports");
        let by_number = |text: &str| number(text).and_then(|number| u16::try_from(number).ok());
        let (range, base) = text.split_once('/').map_or((text, None), |(range, base)| (range, Some(base)));
        let (low, high) = match range.split_once('-').filter(|(low, _)| by_number(low).is_some()) {
            Some((low, high)) => by_number(low).zip(by_number(high)).ok_or_else(bad)?,
            None if base.is_some() => return Err(bad()),
            None => port(range).map(|port| (port, port)).ok_or_else(bad)?,
        };
        if low > high {
            return Err(bad());
        }
        self.ports = Some((low, high));
        self.base = base.map(|base| port(base).filter(|base| *base != 0).ok_or_else(bad)).transpose()?;
        Ok(())
    }

    /// ` OPTION range`, and how the kernel chooses (`__NAT_print`).
    pub fn write(&self, option: &str, line: &mut Line) {
        let text = self.text(line.version);
        if !text.is_empty() {
            line.option(false, option, text);
        }
        self.write_choice(line);
    }

    /// ` OPTION ports`, and how the kernel chooses.
    pub fn write_ports(&self, option: &str, line: &mut Line) {
        if let Some(text) = self.ports_text() {
            line.option(false, option, text);
        }
        self.write_choice(line);
    }

    fn write_choice(&self, line: &mut Line) {
        for (flag, text) in [(RANDOM, " --random"), (RANDOM_FULLY, " --random-fully"), (PERSISTENT, " --persistent")] {
            if self.choice & flag != 0 {
                line.raw(text);
            }
        }
    }

    /// As after `--to-destination` (`sprint_range`).
    #[must_use]
    pub fn text(&self, version: IpVersion) -> String {
        let addresses = self.addresses.map(|(low, high)| {
            let low_text = print::number(low, version);
            if low == high { low_text } else { format!("{low_text}-{}", print::number(high, version)) }
        });
        match (addresses, self.ports_text()) {
            (Some(addresses), Some(ports)) if version == IpVersion::V6 => format!("[{addresses}]:{ports}"),
            (addresses, Some(ports)) => format!("{}:{ports}", addresses.unwrap_or_default()),
            (addresses, None) => addresses.unwrap_or_default(),
        }
    }

    fn ports_text(&self) -> Option<String> {
        let (low, high) = self.ports?;
        let mut text = if low == high { low.to_string() } else { format!("{low}-{high}") };
        if let Some(base) = self.base {
            text += &format!("/{base}");
        }
        Some(text)
    }
}
