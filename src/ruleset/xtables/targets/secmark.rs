//! `-j SECMARK` (`secmark_tg_v0`, `secmark_tg_v1`, xt_SECMARK.c): a label for SELinux.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secmark(pub Box<str>);

const ROOM: usize = 256;

impl Extension for Secmark {
    const NAMES: &'static [&'static str] = &["SECMARK"];
    const OPTIONS: &'static [Opt] = &[Opt::value("selctx")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let at = match raw.revision {
            0 => 8,
            1 => 1,
            _ => return None,
        };
        raw.text(at, ROOM).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self("".into())
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.0 = given.value.into();
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.0.is_empty() { Err("SECMARK lacks --selctx".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--selctx", &self.0);
    }
}
