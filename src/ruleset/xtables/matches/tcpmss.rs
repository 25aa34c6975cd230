//! `-m tcpmss` (`tcpmss_mt`, xt_tcpmss.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// The maximum segment size that a TCP packet offers, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcpmss {
    pub range: Option<(u16, u16)>,
    pub inverted: bool,
}

/// `struct xt_tcpmss_match_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    min: u16,
    max: u16,
    invert: u8,
}

impl Extension for Tcpmss {
    const NAMES: &'static [&'static str] = &["tcpmss"];
    const OPTIONS: &'static [Opt] = &[Opt::value("mss")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { min, max, invert } = raw.read()?;
        (raw.revision == 0).then_some(Self { range: Some((min, max)), inverted: invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { range: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (low, high) = given.range(u16::MAX.into())?;
        (self.range, self.inverted) = (Some((low as u16, high as u16)), given.inverted);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.range.map(|_| ()).ok_or_else(|| "tcpmss lacks --mss".to_owned())
    }

    fn protocol(&self) -> Option<u16> {
        Some(6)
    }

    fn write(&self, line: &mut Line) {
        let (low, high) = self.range.unwrap_or_default();
        line.option(self.inverted, "--mss", print::range(low, high));
    }
}
