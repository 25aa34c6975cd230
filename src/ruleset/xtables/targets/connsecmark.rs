//! `-j CONNSECMARK` (`connsecmark_tg`, xt_CONNSECMARK.c): the security mark, from and to the connection's.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// `CONNSECMARK_*`: 1 saves the packet's, 2 restores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connsecmark(pub u8);

impl Extension for Connsecmark {
    const NAMES: &'static [&'static str] = &["CONNSECMARK"];
    const OPTIONS: &'static [Opt] = &[Opt::flag("save"), Opt::flag("restore")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.info.first().filter(|mode| raw.revision == 0 && matches!(mode, 1 | 2)).map(|mode| Self(*mode))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(0)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.0 = if given.name == "save" { 1 } else { 2 };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.0 == 0 { Err("CONNSECMARK lacks --save or --restore".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        line.flag(false, if self.0 == 1 { "--save" } else { "--restore" });
    }
}
