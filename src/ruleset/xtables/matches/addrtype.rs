//! `-m addrtype` (`addrtype_mt_v0`, `addrtype_mt_v1`, xt_addrtype.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What routing calls the packet's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addrtype {
    pub source: Types,
    pub destination: Types,
    /// Only what the incoming, or the outgoing interface makes of them.
    pub limit: Limit,
}

/// Some types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Types {
    /// `1 << RTN_*`; 0 does not look.
    pub mask: u16,
    pub inverted: bool,
}

/// Which interface counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Any,
    Incoming,
    Outgoing,
}

/// Names by number (`RTN_*`).
const NAMES: [&str; 12] = [
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
    "THROW",
    "NAT",
    "XRESOLVE",
];

/// `struct xt_addrtype_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    source: u16,
    destination: u16,
    inverted: [u32; 2],
}

/// `struct xt_addrtype_info_v1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    source: u16,
    destination: u16,
    flags: u32,
}

/// `XT_ADDRTYPE_*`.
const INVERT_SOURCE: u32 = 1;
const INVERT_DESTINATION: u32 = 2;
const LIMIT_INCOMING: u32 = 4;
const LIMIT_OUTGOING: u32 = 8;

impl Extension for Addrtype {
    const NAMES: &'static [&'static str] = &["addrtype"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("src-type"), Opt::value("dst-type"), Opt::flag("limit-iface-in"), Opt::flag("limit-iface-out")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let types = |mask, inverted| Types { mask, inverted };
        match raw.revision {
            0 => {
                let Info0 { source, destination, inverted } = raw.read()?;
                let [first, second] = inverted.map(|inverted| inverted != 0);
                Some(Self { source: types(source, first), destination: types(destination, second), limit: Limit::Any })
            }
            1 => {
                let Info1 { source, destination, flags } = raw.read()?;
                Some(Self {
                    source: types(source, flags & INVERT_SOURCE != 0),
                    destination: types(destination, flags & INVERT_DESTINATION != 0),
                    limit: match flags & (LIMIT_INCOMING | LIMIT_OUTGOING) {
                        0 => Limit::Any,
                        LIMIT_OUTGOING => Limit::Outgoing,
                        _ => Limit::Incoming,
                    },
                })
            }
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { source: Types::default(), destination: Types::default(), limit: Limit::Any }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "src-type" => self.source = types(given)?,
            "dst-type" => self.destination = types(given)?,
            _ if self.limit != Limit::Any => return Err("addrtype looks at one interface only".to_owned()),
            "limit-iface-in" => self.limit = Limit::Incoming,
            _ => self.limit = Limit::Outgoing,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.source.mask | self.destination.mask == 0 { Err("addrtype lacks --src-type or --dst-type".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        for (name, Types { mask, inverted }) in [("--src-type", self.source), ("--dst-type", self.destination)] {
            if mask != 0 {
                let names: Vec<_> = NAMES.iter().enumerate().filter(|(bit, _)| mask & 1 << bit != 0).map(|(_, name)| *name).collect();
                line.option(inverted, name, names.join(","));
            }
        }
        match self.limit {
            Limit::Any => {}
            Limit::Incoming => line.flag(false, "--limit-iface-in"),
            Limit::Outgoing => line.flag(false, "--limit-iface-out"),
        }
    }
}

/// Names, which may be cut short.
fn types(given: &Given<'_>) -> Result<Types, String> {
    let mask = given.value.split(',').try_fold(0, |mask, name| {
        let upper = name.to_ascii_uppercase();
        let bit = NAMES.iter().position(|each| !upper.is_empty() && each.starts_with(&upper));
        bit.map(|bit| mask | 1 << bit).ok_or_else(|| format!("--{}: '{name}' is no type of address", given.name))
    })?;
    Ok(Types { mask, inverted: given.inverted })
}
