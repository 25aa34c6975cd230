//! `-j MASQUERADE` (`masquerade_tg`, `masquerade_tg6`, xt_MASQUERADE.c): translates sources to the address of the interface that packets leave by.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    translation::Range,
};

/// Translates sources to the address of the interface that packets leave by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masquerade(pub Range);

impl Extension for Masquerade {
    const NAMES: &'static [&'static str] = &["MASQUERADE"];
    const OPTIONS: &'static [Opt] = &[Opt::value("to-ports"), Opt::flag("random"), Opt::flag("random-fully")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        Range::decode(raw).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(Range::default())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "to-ports" => self.0.read_ports(given.value, given),
            name => {
                self.0.chosen(name);
                Ok(())
            }
        }
    }

    fn write(&self, line: &mut Line) {
        self.0.write_ports("--to-ports", line);
    }
}
