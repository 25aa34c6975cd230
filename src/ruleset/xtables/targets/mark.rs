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
    /// The option that an older revision is printed with; those have one number.
    old: Option<&'static str>,
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
    const OPTIONS: &'static [Opt] = &[
        Opt::value("set-xmark").plain().excludes(&["set-mark", "and-mark", "or-mark", "xor-mark"]),
        Opt::value("set-mark").plain().excludes(&["set-xmark", "and-mark", "or-mark", "xor-mark"]),
        Opt::value("and-mark").plain().excludes(&["set-xmark", "set-mark", "or-mark", "xor-mark"]),
        Opt::value("or-mark").plain().excludes(&["set-xmark", "set-mark", "and-mark", "xor-mark"]),
        Opt::value("xor-mark").plain().excludes(&["set-xmark", "set-mark", "and-mark", "or-mark"]),
    ];
    const NEEDS_OPTION: bool = true;

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        // `struct xt_mark_target_info` and `_v1` of kernels before 2.6.37: a word of 64 bits, and what is done with it.
        let old = || Some((raw.read::<u64>()? as u32, raw.info.get(8).copied()));
        let (mark, mask, old) = match raw.revision {
            0 => (old()?.0, u32::MAX, Some("set")),
            1 => match old()? {
                (mark, Some(0)) => (mark, u32::MAX, Some("set")),
                (mark, Some(1)) => (0, !mark, Some("and")),
                (mark, Some(2)) => (mark, mark, Some("or")),
                _ => return None,
            },
            2 => raw.read().map(|Info { mark, mask }| (mark, mask, None))?,
            _ => return None,
        };
        Some(Self { mark, mask, old })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mark: 0, mask: 0, old: None }
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
        match self.old {
            None => line.option(false, "--set-xmark", format!("{:#x}/{:#x}", self.mark, self.mask)),
            Some("and") => line.option(false, "--and-mark", format!("{:#x}", !self.mask)),
            Some(verb) => line.option(false, &format!("--{verb}-mark"), format!("{:#x}", self.mark)),
        }
    }
}
