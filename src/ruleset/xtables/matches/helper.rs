//! `-m helper` (`helper_mt`, xt_helper.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The connection was expected by a helper: that of this name, or any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Empty for any.
    pub name: Box<str>,
    pub inverted: bool,
}

/// `struct xt_helper_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    invert: u32,
    name: [u8; 30],
}

impl Extension for Helper {
    const NAMES: &'static [&'static str] = &["helper"];
    const OPTIONS: &'static [Opt] = &[Opt::value("helper").needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let name = raw.text(std::mem::offset_of!(Info, name), info.name.len())?;
        (raw.revision == 0).then_some(Self { name, inverted: info.invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { name: "".into(), inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.name, self.inverted) = (Line::cut(given.value, 30).into(), given.inverted);
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.flag(self.inverted, "--helper");
        line.quoted(&self.name);
    }
}
