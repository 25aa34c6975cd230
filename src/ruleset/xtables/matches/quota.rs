//! `-m quota` (`quota_mt`, xt_quota.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// So many bytes, then no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Bytes.
    pub quota: u64,
    pub inverted: bool,
}

/// `struct xt_quota_info`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    flags: u32,
    padding: u32,
    quota: u64,
}

impl Extension for Quota {
    const NAMES: &'static [&'static str] = &["quota"];
    const OPTIONS: &'static [Opt] = &[Opt::value("quota").needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self { quota: info.quota, inverted: info.flags & 1 != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { quota: 0, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.quota, self.inverted) = (given.number(u64::MAX)?, given.inverted);
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--quota", self.quota);
    }
}
