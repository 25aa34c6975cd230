//! `-m ah`: of IPv4 (`ah_mt`, ipt_ah.c), and of IPv6, where it is an extension header (`ah_mt6`, ip6t_ah.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::esp::Spis;
use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The authentication header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ah {
    pub spis: Spis,
    /// Of IPv6: bytes of the header, 0 for any, and whether that is inverted.
    pub length: (u32, bool),
    /// Of IPv6: the reserved bits are 0.
    pub reserved: bool,
}

/// `struct ipt_ah`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info4 {
    spis: [u32; 2],
    inverted: u8,
}

/// `struct ip6t_ah`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info6 {
    spis: [u32; 2],
    length: u32,
    reserved: u8,
    inverted: u8,
}

impl Extension for Ah {
    const NAMES: &'static [&'static str] = &["ah"];
    const OPTIONS: &'static [Opt] = &[Opt::value("ahspi"), Opt::value("ahlen"), Opt::flag("ahres")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (spis, length, reserved, inverted) = match raw.version {
            _ if raw.revision != 0 => return None,
            IpVersion::V4 => raw.read().map(|Info4 { spis, inverted }| (spis, 0, 0, inverted))?,
            IpVersion::V6 => raw.read().map(|Info6 { spis, length, reserved, inverted }| (spis, length, reserved, inverted))?,
        };
        let spis = Spis { low: spis[0], high: spis[1], inverted: inverted & 1 != 0 };
        Some(Self { spis, length: (length, inverted & 2 != 0), reserved: reserved != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { spis: Spis::ANY, length: (0, false), reserved: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "ahspi" => self.spis = Spis::given(given)?,
            _ if given.rule.version == IpVersion::V4 => return Err(format!("--{} is one of ip6tables'", given.name)),
            "ahlen" => self.length = (given.number(u32::MAX.into())? as u32, given.inverted),
            _ => self.reserved = true,
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        self.spis.write("--ahspi", line);
        let (length, inverted) = self.length;
        if length != 0 || inverted {
            line.option(inverted, "--ahlen", length);
        }
        if self.reserved {
            line.flag(false, "--ahres");
        }
    }
}
