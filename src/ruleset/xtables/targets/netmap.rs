//! `-j NETMAP` (`netmap_tg4`, `netmap_tg6`, xt_NETMAP.c): one network to another, the rest of the address stays.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    header::Address,
    options::{Given, Opt, Rule},
    print::{self, Line},
    translation::Range,
};

/// Translates a network; in prerouting and output destinations, else sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netmap {
    /// Lowest and highest address: bits in which they agree are the network.
    pub low: u128,
    pub high: u128,
    given: bool,
}

impl Extension for Netmap {
    const NAMES: &'static [&'static str] = &["NETMAP"];
    const OPTIONS: &'static [Opt] = &[Opt::value("to")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (low, high) = Range::decode(raw).filter(|_| raw.revision == 0)?.addresses?;
        Some(Self { low, high, given: true })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { low: 0, high: 0, given: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (address, mask) = given.network()?;
        let width = crate::ruleset::xtables::header::width(given.rule.version);
        let host = crate::ruleset::xtables::header::mask(width, given.rule.version) & !mask;
        *self = Self { low: address & mask, high: address & mask | host, given: true };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.given { Ok(()) } else { Err("NETMAP lacks --to".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        let all = crate::ruleset::xtables::header::mask(u8::MAX, line.version);
        let network = Address { address: self.low, mask: all & !(self.low ^ self.high), inverted: false };
        let mask = match network.prefix(line.version) {
            Some(length) => length.to_string(),
            None => print::number(network.mask, line.version),
        };
        line.option(false, "--to", format!("{}/{mask}", print::number(self.low, line.version)));
    }
}
