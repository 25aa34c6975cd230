//! `-m length` (`length_mt`, `length_mt6`, xt_length.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// Bytes of the whole IP packet, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    pub range: Option<(u16, u16)>,
    pub inverted: bool,
}

/// `struct xt_length_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    min: u16,
    max: u16,
    invert: u8,
}

impl Extension for Length {
    const NAMES: &'static [&'static str] = &["length"];
    const OPTIONS: &'static [Opt] = &[Opt::value("length")];

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
        self.range.map(|_| ()).ok_or_else(|| "length lacks --length".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let (low, high) = self.range.unwrap_or_default();
        line.option(self.inverted, "--length", print::range(low, high));
    }
}
