//! `-m icmp` (`icmp_match`, ip_tables.c) and `-m icmp6` (`icmp6_match`, ip6_tables.c).

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule, number},
        print::Line,
    },
};

/// Type and code of an ICMP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icmp {
    pub version: IpVersion,
    /// Of `icmp` 255 stands for any.
    pub kind: u8,
    /// Lowest and highest code.
    pub codes: (u8, u8),
    pub inverted: bool,
    given: bool,
}

/// Any code.
const ALL: (u8, u8) = (0, 255);

/// Names, types and codes, in iptables' own order (libxt_icmp.h).
#[rustfmt::skip]
const NAMES_4: &[(&str, u8, (u8, u8))] = &[
    ("any", 255, ALL), ("echo-reply", 0, ALL), ("pong", 0, ALL),
    ("destination-unreachable", 3, ALL), ("network-unreachable", 3, (0, 0)), ("host-unreachable", 3, (1, 1)),
    ("protocol-unreachable", 3, (2, 2)), ("port-unreachable", 3, (3, 3)), ("fragmentation-needed", 3, (4, 4)),
    ("source-route-failed", 3, (5, 5)), ("network-unknown", 3, (6, 6)), ("host-unknown", 3, (7, 7)),
    ("network-prohibited", 3, (9, 9)), ("host-prohibited", 3, (10, 10)), ("TOS-network-unreachable", 3, (11, 11)),
    ("TOS-host-unreachable", 3, (12, 12)), ("communication-prohibited", 3, (13, 13)),
    ("host-precedence-violation", 3, (14, 14)), ("precedence-cutoff", 3, (15, 15)),
    ("source-quench", 4, ALL), ("redirect", 5, ALL), ("network-redirect", 5, (0, 0)), ("host-redirect", 5, (1, 1)),
    ("TOS-network-redirect", 5, (2, 2)), ("TOS-host-redirect", 5, (3, 3)),
    ("echo-request", 8, ALL), ("ping", 8, ALL), ("router-advertisement", 9, ALL), ("router-solicitation", 10, ALL),
    ("time-exceeded", 11, ALL), ("ttl-exceeded", 11, ALL), ("ttl-zero-during-transit", 11, (0, 0)),
    ("ttl-zero-during-reassembly", 11, (1, 1)),
    ("parameter-problem", 12, ALL), ("ip-header-bad", 12, (0, 0)), ("required-option-missing", 12, (1, 1)),
    ("timestamp-request", 13, ALL), ("timestamp-reply", 14, ALL), ("address-mask-request", 17, ALL), ("address-mask-reply", 18, ALL),
];

#[rustfmt::skip]
const NAMES_6: &[(&str, u8, (u8, u8))] = &[
    ("destination-unreachable", 1, ALL), ("no-route", 1, (0, 0)), ("communication-prohibited", 1, (1, 1)), ("beyond-scope", 1, (2, 2)),
    ("address-unreachable", 1, (3, 3)), ("port-unreachable", 1, (4, 4)), ("failed-policy", 1, (5, 5)), ("reject-route", 1, (6, 6)),
    ("packet-too-big", 2, ALL),
    ("time-exceeded", 3, ALL), ("ttl-exceeded", 3, ALL), ("ttl-zero-during-transit", 3, (0, 0)), ("ttl-zero-during-reassembly", 3, (1, 1)),
    ("parameter-problem", 4, ALL), ("bad-header", 4, (0, 0)), ("unknown-header-type", 4, (1, 1)), ("unknown-option", 4, (2, 2)),
    ("echo-request", 128, ALL), ("ping", 128, ALL), ("echo-reply", 129, ALL), ("pong", 129, ALL),
    ("router-solicitation", 133, ALL), ("router-advertisement", 134, ALL),
    ("neighbour-solicitation", 135, ALL), ("neighbor-solicitation", 135, ALL),
    ("neighbour-advertisement", 136, ALL), ("neighbor-advertisement", 136, ALL), ("redirect", 137, ALL),
];

impl Extension for Icmp {
    const NAMES: &'static [&'static str] = &["icmp", "icmp6"];
    const OPTIONS: &'static [Opt] = &[Opt::value("icmp-type"), Opt::value("icmpv6-type")];

    /// `struct ipt_icmp`, `struct ip6t_icmp`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let version = if raw.name == "icmp" { IpVersion::V4 } else { IpVersion::V6 };
        match raw.info {
            [kind, low, high, inverted, ..] if raw.revision == 0 => {
                Some(Self { version, kind: *kind, codes: (*low, *high), inverted: inverted & 1 != 0, given: true })
            }
            _ => None,
        }
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        let version = if name == "icmp" { IpVersion::V4 } else { IpVersion::V6 };
        Self { version, kind: if version == IpVersion::V4 { 255 } else { 0 }, codes: ALL, inverted: false, given: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if (given.name == "icmp-type") != (self.version == IpVersion::V4) {
            return Err(format!("--{} is not one of -m {}", given.name, self.name()));
        }
        let known = if self.version == IpVersion::V4 { NAMES_4 } else { NAMES_6 };
        let lower = given.value.to_ascii_lowercase();
        let mut begin = known.iter().filter(|(name, ..)| name.to_ascii_lowercase().starts_with(&lower));
        (self.kind, self.codes) = match (begin.next(), begin.next()) {
            (Some(_), Some(_)) => return Err(given.bad("one type of ICMP: several begin so")),
            (Some((_, kind, codes)), None) => (*kind, *codes),
            (None, _) => {
                let byte = |text: &str| number(text).and_then(|number| u8::try_from(number).ok()).ok_or_else(|| given.bad("a type of ICMP"));
                match given.value.split_once('/') {
                    None => (byte(given.value)?, ALL),
                    Some((kind, codes)) => {
                        let (low, high) = codes.split_once(':').unwrap_or((codes, codes));
                        (byte(kind)?, (byte(low)?, byte(high)?))
                    }
                }
            }
        };
        (self.inverted, self.given) = (given.inverted, true);
        Ok(())
    }

    fn fits(name: &str, version: IpVersion) -> bool {
        (name == "icmp") == (version == IpVersion::V4)
    }

    fn check(&self) -> Result<(), String> {
        if self.given { Ok(()) } else { Err(format!("-m {} lacks the type", self.name())) }
    }

    fn name(&self) -> &str {
        if self.version == IpVersion::V4 { "icmp" } else { "icmp6" }
    }

    /// `icmp_save`, `icmp6_save`: of several codes only the first is told.
    fn protocol(&self) -> Option<u16> {
        Some(if self.version == IpVersion::V4 { 1 } else { 58 })
    }

    fn write(&self, line: &mut Line) {
        let code = if self.codes == ALL { String::new() } else { format!("/{}", self.codes.0) };
        match (self.version, self.kind) {
            (IpVersion::V4, 255) => line.option(self.inverted, "--icmp-type", "any"),
            (IpVersion::V4, kind) => line.option(self.inverted, "--icmp-type", format!("{kind}{code}")),
            (IpVersion::V6, kind) => line.option(self.inverted, "--icmpv6-type", format!("{kind}{code}")),
        }
    }
}
