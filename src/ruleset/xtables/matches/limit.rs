//! `-m limit` (`limit_mt`, xt_limit.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    rate,
};

/// So many packets in a time, and a burst of more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Time between packets, in ten thousandths of a second.
    pub period: u32,
    pub burst: u32,
}

/// `struct xt_rateinfo`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    average: u32,
    burst: u32,
}

/// `XT_LIMIT_BURST`.
const BURST: u32 = 5;

impl Extension for Limit {
    const NAMES: &'static [&'static str] = &["limit"];
    const OPTIONS: &'static [Opt] = &[Opt::value("limit").plain(), Opt::value("limit-burst").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self { period: info.average, burst: info.burst })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        // 3/hour.
        Self { period: 12_000_000, burst: BURST }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "limit" => {
                let period = rate::parse(given.value, rate::COARSE).and_then(|(period, _)| u32::try_from(period).ok());
                self.period = period.ok_or_else(|| given.bad("a rate"))?;
            }
            _ => self.burst = given.number(10_000)? as u32,
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--limit", rate::text(self.period.into(), rate::COARSE).0);
        if self.burst != BURST {
            line.option(false, "--limit-burst", self.burst);
        }
    }
}
