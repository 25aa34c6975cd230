//! `-j TRACE` (`trace_tg`, xt_TRACE.c): from here on the kernel reports each rule that the packet meets.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// It has no options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace;

impl Extension for Trace {
    const NAMES: &'static [&'static str] = &["TRACE"];
    const OPTIONS: &'static [Opt] = &[];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        (raw.revision == 0).then_some(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        Err(given.bad("an option of TRACE, which has none"))
    }

    fn write(&self, _line: &mut Line) {}
}
