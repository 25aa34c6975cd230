//! `-j NFLOG` (`nflog_tg`, xt_NFLOG.c): hands a copy to a program, and goes on.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What is handed out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nflog {
    pub group: u16,
    pub prefix: Box<str>,
    /// Bytes of the packet: `--nflog-size`, or, without effect, `--nflog-range`.
    pub length: u32,
    pub size: bool,
    pub threshold: u16,
}

/// `struct xt_nflog_info`, before its prefix.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    length: u32,
    group: u16,
    threshold: u16,
    flags: u16,
    padding: u16,
}

/// `XT_NFLOG_DEFAULT_THRESHOLD`.
const THRESHOLD: u16 = 0;
const PREFIX: usize = 64;

impl Extension for Nflog {
    const NAMES: &'static [&'static str] = &["NFLOG"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("nflog-group"),
        Opt::value("nflog-prefix"),
        Opt::value("nflog-range"),
        Opt::value("nflog-size"),
        Opt::value("nflog-threshold"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { length, group, threshold, flags, .. } = raw.read()?;
        let prefix = raw.text(size_of::<Info>(), PREFIX)?;
        (raw.revision == 0).then_some(Self { group, prefix, length, size: flags & 1 != 0, threshold })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { group: 0, prefix: "".into(), length: 0, size: false, threshold: THRESHOLD }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "nflog-group" => self.group = given.number(u16::MAX.into())? as u16,
            "nflog-prefix" => self.prefix = Line::cut(given.value, PREFIX).into(),
            "nflog-threshold" => self.threshold = given.number(u16::MAX.into())? as u16,
            name => (self.length, self.size) = (given.number(u32::MAX.into())? as u32, name == "nflog-size"),
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        if !self.prefix.is_empty() {
            line.flag(false, "--nflog-prefix");
            line.quoted(&self.prefix);
        }
        if self.group != 0 {
            line.option(false, "--nflog-group", self.group);
        }
        if self.size {
            line.option(false, "--nflog-size", self.length);
        } else if self.length != 0 {
            line.option(false, "--nflog-range", self.length);
        }
        if self.threshold != THRESHOLD {
            line.option(false, "--nflog-threshold", self.threshold);
        }
    }
}
