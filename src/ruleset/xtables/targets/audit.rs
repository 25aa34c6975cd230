//! `-j AUDIT` (`audit_tg`, xt_AUDIT.c): writes an audit record and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What the record says: 0 accept, 1 drop, 2 reject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit(pub Option<u8>);

const KINDS: [&str; 3] = ["accept", "drop", "reject"];

impl Extension for Audit {
    const NAMES: &'static [&'static str] = &["AUDIT"];
    const OPTIONS: &'static [Opt] = &[Opt::value("type")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.info.first().filter(|_| raw.revision == 0).map(|kind| Self(Some(*kind)))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(None)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let found = (0..).zip(KINDS).find(|(_, kind)| kind.eq_ignore_ascii_case(given.value));
        self.0 = Some(found.ok_or_else(|| given.bad("accept, drop or reject"))?.0);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.0.map_or(Err("AUDIT lacks --type".to_owned()), |_| Ok(()))
    }

    fn write(&self, line: &mut Line) {
        if let Some(kind) = self.0.and_then(|kind| KINDS.get(usize::from(kind))) {
            line.option(false, "--type", kind);
        }
    }
}
