//! `-j TCPMSS` (`tcpmss_tg4`, `tcpmss_tg6`, xt_TCPMSS.c): lowers the segment size that a SYN asks for.

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tcpmss {
    /// At most this.
    Set(u16),
    /// What fits the path.
    Clamp,
    /// Not said yet.
    Open,
}

/// `XT_TCPMSS_CLAMP_PMTU`.
const CLAMP: u16 = 0xffff;

impl Extension for Tcpmss {
    const NAMES: &'static [&'static str] = &["TCPMSS"];
    const OPTIONS: &'static [Opt] = &[Opt::value("set-mss"), Opt::flag("clamp-mss-to-pmtu")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let size: u16 = raw.read()?;
        (raw.revision == 0).then_some(if size == CLAMP { Self::Clamp } else { Self::Set(size) })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::Open
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let header = if given.rule.version == IpVersion::V4 { 20 } else { 40 };
        *self = match given.name {
            "set-mss" => Self::Set(given.number(u64::from(u16::MAX) - header)? as u16),
            _ => Self::Clamp,
        };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if *self == Self::Open { Err("TCPMSS lacks --set-mss or --clamp-mss-to-pmtu".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        match self {
            Self::Set(size) => line.option(false, "--set-mss", size),
            Self::Clamp => line.flag(false, "--clamp-mss-to-pmtu"),
            Self::Open => {}
        }
    }
}
