//! `-m nfacct` (`nfacct_mt`, xt_nfacct.c): counts, and holds always, but for a quota of the object.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Counts packets in an object that `nfacct` made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nfacct(pub Box<str>);

/// `NFACCT_NAME_MAX`.
const NAME: usize = 32;

impl Extension for Nfacct {
    const NAMES: &'static [&'static str] = &["nfacct"];
    const OPTIONS: &'static [Opt] = &[Opt::value("nfacct-name").plain().needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        (raw.revision <= 1).then_some(Self(raw.text(0, NAME)?))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self("".into())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.value.is_empty() {
            return Err(given.bad("a name"));
        }
        self.0 = Line::cut(given.value, NAME).into();
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        // iptables 1.8.9 prints a space too many.
        line.raw(" --nfacct-name ");
        line.quoted(&self.0);
    }
}
