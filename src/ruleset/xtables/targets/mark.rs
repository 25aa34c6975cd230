//! `-j MARK` (`mark_tg`, xt_mark.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Changes the packet's mark: the bits under the mask are cleared, then those of the mark are flipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub mark: u32,
    pub mask: u32,
}

/// `struct xt_mark_tginfo2`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    mark: u32,
    mask: u32,
}

impl Extension for Mark {
    const NAMES: &'static [&'static str] = &["MARK"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("set-xmark"), Opt::value("set-mark"), Opt::value("and-mark"), Opt::value("or-mark"), Opt::value("xor-mark")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (info, _) = Info::read_from_prefix(raw.info).ok()?;
        (raw.revision == 2).then_some(Self { mark: info.mark, mask: info.mask })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mark: 0, mask: 0 }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (mark, mask) = given.masked()?;
        (self.mark, self.mask) = match given.name {
            "set-xmark" => (mark, mask),
            "set-mark" => (mark, mark | mask),
            "and-mark" => (0, !mark),
            "or-mark" => (mark, mark),
            _ => (mark, 0),
        };
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--set-xmark", format!("{:#x}/{:#x}", self.mark, self.mask));
    }
}
