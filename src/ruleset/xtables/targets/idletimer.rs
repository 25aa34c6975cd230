//! `-j IDLETIMER` (`idletimer_tg_target`, xt_IDLETIMER.c): starts a timer anew, and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// A timer by its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idletimer {
    /// Seconds.
    pub timeout: u32,
    pub label: Box<str>,
    /// It wakes the host up.
    pub alarm: bool,
}

/// Where label and kind stand.
const LABEL: (usize, usize) = (4, 28);
const KIND: usize = 33;

impl Extension for Idletimer {
    const NAMES: &'static [&'static str] = &["IDLETIMER"];
    const OPTIONS: &'static [Opt] = &[Opt::value("timeout"), Opt::value("label"), Opt::flag("alarm")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let alarm = match raw.revision {
            0 => false,
            1 => *raw.info.get(KIND)? != 0,
            _ => return None,
        };
        Some(Self { timeout: raw.read()?, label: raw.text(LABEL.0, LABEL.1)?, alarm })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { timeout: 0, label: "".into(), alarm: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "timeout" => self.timeout = given.number(u32::MAX.into())? as u32,
            "label" => self.label = given.value.into(),
            _ => self.alarm = true,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.timeout == 0 || self.label.is_empty() { Err("IDLETIMER needs --timeout and --label".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--timeout", self.timeout);
        line.option(false, "--label", &self.label);
        if self.alarm {
            line.flag(false, "--alarm");
        }
    }
}
