//! `-m iprange` (`iprange_mt4`, `iprange_mt6`, xt_iprange.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::{IpVersion, bits::number},
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule, address},
        print::{self, Line},
    },
};

/// Ranges of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iprange {
    pub source: Option<Range>,
    pub destination: Option<Range>,
}

/// Both ends included; no address lies in one that is reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub low: u128,
    pub high: u128,
    pub inverted: bool,
}

/// `struct xt_iprange_mtinfo`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    source: [[u8; 16]; 2],
    destination: [[u8; 16]; 2],
    flags: u8,
}

/// `struct ipt_iprange_info`, of revision 0.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    source: [[u8; 4]; 2],
    destination: [[u8; 4]; 2],
    flags: u8,
}

/// `IPRANGE_*`.
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;
const SOURCE_INVERTED: u8 = 16;
const DESTINATION_INVERTED: u8 = 32;

impl Extension for Iprange {
    const NAMES: &'static [&'static str] = &["iprange"];
    const OPTIONS: &'static [Opt] = &[Opt::value("src-range"), Opt::value("dst-range")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (source, destination, flags) = match raw.revision {
            0 => {
                let Info0 { source, destination, flags } = raw.read()?;
                (source.map(|bytes| number(&bytes)), destination.map(|bytes| number(&bytes)), flags)
            }
            1 => {
                let Info { source, destination, flags } = raw.read()?;
                let length = if raw.version == IpVersion::V4 { 4 } else { 16 };
                (source.map(|bytes| number(&bytes[..length])), destination.map(|bytes| number(&bytes[..length])), flags)
            }
            _ => return None,
        };
        let range = |[low, high]: [u128; 2], asked, inverted| (flags & asked != 0).then_some(Range { low, high, inverted: flags & inverted != 0 });
        Some(Self { source: range(source, SOURCE, SOURCE_INVERTED), destination: range(destination, DESTINATION, DESTINATION_INVERTED) })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { source: None, destination: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (low, high) = given.value.split_once('-').unwrap_or((given.value, given.value));
        let ends = address(low, given.rule.version).zip(address(high, given.rule.version));
        let (low, high) = ends.ok_or_else(|| given.bad("an address or a range of addresses"))?;
        let range = Some(Range { low, high, inverted: given.inverted });
        match given.name {
            "src-range" => self.source = range,
            _ => self.destination = range,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.source.is_none() && self.destination.is_none() { Err("iprange lacks --src-range or --dst-range".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        for (name, range) in [("--src-range", self.source), ("--dst-range", self.destination)] {
            if let Some(Range { low, high, inverted }) = range {
                let version = line.version;
                line.option(inverted, name, format!("{}-{}", print::number(low, version), print::number(high, version)));
            }
        }
    }
}
