//! `-j CHECKSUM` (`checksum_tg`, xt_CHECKSUM.c): fills in the checksum that a network card would, and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// `XT_CHECKSUM_OP_*`: fill is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum(pub u8);

const FILL: u8 = 1;

impl Extension for Checksum {
    const NAMES: &'static [&'static str] = &["CHECKSUM"];
    const OPTIONS: &'static [Opt] = &[Opt::flag("checksum-fill")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.info.first().filter(|_| raw.revision == 0).map(|operation| Self(*operation))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(0)
    }

    fn option(&mut self, _given: &Given<'_>) -> Result<(), String> {
        self.0 = FILL;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.0 == 0 { Err("CHECKSUM lacks --checksum-fill".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        if self.0 & FILL != 0 {
            line.flag(false, "--checksum-fill");
        }
    }
}
