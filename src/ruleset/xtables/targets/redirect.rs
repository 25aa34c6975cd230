//! `-j REDIRECT` (`redirect_tg4`, `redirect_tg6`, xt_REDIRECT.c): translates destinations to this host.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    translation::Range,
};

/// Translates destinations to this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect(pub Range);

impl Extension for Redirect {
    const NAMES: &'static [&'static str] = &["REDIRECT"];
    const OPTIONS: &'static [Opt] = &[Opt::value("to-ports"), Opt::flag("random")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        Range::decode(raw).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(Range::default())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "to-ports" if given.value.contains('/') => Err(given.bad("a port or a range of ports")),
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
