//! `-m connmark` (`connmark_mt`, xt_connmark.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// The connection's mark under a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connmark {
    /// Mark and mask.
    pub mark: Option<(u32, u32)>,
    pub inverted: bool,
}

/// `struct xt_connmark_mtinfo1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    mark: u32,
    mask: u32,
    invert: u8,
}

impl Extension for Connmark {
    const NAMES: &'static [&'static str] = &["connmark"];
    const OPTIONS: &'static [Opt] = &[Opt::value("mark")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { mark, mask, invert } = raw.read()?;
        (raw.revision == 1).then_some(Self { mark: Some((mark, mask)), inverted: invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mark: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.mark, self.inverted) = (Some(given.masked()?), given.inverted);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.mark.map(|_| ()).ok_or_else(|| "connmark lacks --mark".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let (mark, mask) = self.mark.unwrap_or_default();
        line.option(self.inverted, "--mark", print::masked(mark, mask));
    }
}
