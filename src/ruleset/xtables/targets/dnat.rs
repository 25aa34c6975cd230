//! `-j DNAT` (`xt_dnat_target_v0`, `_v1`, `_v2`, xt_nat.c): translates destinations.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    translation::Range,
};

/// Translates destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnat(pub Range);

impl Extension for Dnat {
    const NAMES: &'static [&'static str] = &["DNAT"];
    const OPTIONS: &'static [Opt] = &[Opt::value("to-destination"), Opt::flag("random"), Opt::flag("persistent")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        Range::decode(raw).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(Range::default())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "to-destination" => self.0.read(given),
            name => {
                self.0.chosen(name);
                Ok(())
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.0.addresses.is_none() && self.0.ports.is_none() { Err("DNAT lacks --to-destination".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        self.0.write("--to-destination", line);
    }
}
