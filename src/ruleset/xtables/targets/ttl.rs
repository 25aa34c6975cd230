//! `-j TTL` (`ttl_tg`) and `-j HL` (`hl_tg6`, xt_HL.c): how many hops are left.

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// A change of the hop limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ttl {
    pub change: Option<Change>,
    /// HL, of IPv6.
    hop_limit: bool,
}

/// What becomes of it. It never leaves 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Set(u8),
    Increase(u8),
    Decrease(u8),
}

impl Extension for Ttl {
    const NAMES: &'static [&'static str] = &["TTL", "HL"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("ttl-set").plain().excludes(&["ttl-dec", "ttl-inc"]),
        Opt::value("ttl-dec").plain().excludes(&["ttl-set", "ttl-inc"]),
        Opt::value("ttl-inc").plain().excludes(&["ttl-set", "ttl-dec"]),
        Opt::value("hl-set").plain().excludes(&["hl-dec", "hl-inc"]),
        Opt::value("hl-dec").plain().excludes(&["hl-set", "hl-inc"]),
        Opt::value("hl-inc").plain().excludes(&["hl-set", "hl-dec"]),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [mode, number]: [u8; 2] = raw.read()?;
        let change = match mode {
            0 => Change::Set(number),
            1 => Change::Increase(number),
            2 => Change::Decrease(number),
            _ => return None,
        };
        (raw.revision == 0).then_some(Self { change: Some(change), hop_limit: raw.name == "HL" })
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { change: None, hop_limit: name == "HL" }
    }

    fn fits(name: &str, version: IpVersion) -> bool {
        (name == "HL") == (version == IpVersion::V6)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.name.starts_with("hl") != self.hop_limit {
            return Err(format!("--{} is not one of {}", given.name, self.name()));
        }
        let number = given.number(255)? as u8;
        let change = match given.name {
            "ttl-set" | "hl-set" => Change::Set(number),
            _ if number == 0 => return Err(given.bad("a number from 1 on")),
            "ttl-inc" | "hl-inc" => Change::Increase(number),
            _ => Change::Decrease(number),
        };
        self.change = Some(change);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.change.map_or_else(|| Err(format!("{} lacks what to do", self.name())), |_| Ok(()))
    }

    fn name(&self) -> &str {
        if self.hop_limit { "HL" } else { "TTL" }
    }

    fn write(&self, line: &mut Line) {
        let stem = if self.hop_limit { "--hl" } else { "--ttl" };
        let (verb, number) = match self.change {
            Some(Change::Set(number)) => ("set", number),
            Some(Change::Increase(number)) => ("inc", number),
            Some(Change::Decrease(number)) => ("dec", number),
            None => return,
        };
        line.option(false, &format!("{stem}-{verb}"), number);
    }
}
