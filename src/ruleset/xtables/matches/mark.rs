//! `-m mark` (`mark_mt`, xt_mark.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// The packet's mark under a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub mark: u32,
    pub mask: u32,
    pub inverted: bool,
}

/// `struct xt_mark_mtinfo1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    mark: u32,
    mask: u32,
    invert: u8,
}

impl Extension for Mark {
    const NAMES: &'static [&'static str] = &["mark"];
    const OPTIONS: &'static [Opt] = &[Opt::value("mark").needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (info, _) = Info::read_from_prefix(raw.info).ok()?;
        (raw.revision == 1).then_some(Self { mark: info.mark, mask: info.mask, inverted: info.invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mark: 0, mask: 0, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.mark, self.mask) = given.masked()?;
        self.inverted = given.inverted;
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--mark", print::masked(self.mark, self.mask));
    }
}
