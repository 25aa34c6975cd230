//! `-j ULOG` (`ipt_ulog_target`, ipt_ULOG.c; gone from kernels since 3.17): hands a copy to a program, and goes on.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// What is handed out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ulog {
    /// A bit for each group.
    pub groups: u32,
    pub prefix: Box<str>,
    /// Bytes of the packet; 0 for all.
    pub range: u64,
    /// Packets that are handed out at once.
    pub threshold: u64,
}

/// `struct ipt_ulog_info`, before its prefix.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    groups: u32,
    padding: u32,
    range: u64,
    threshold: u64,
}

const PREFIX: usize = 32;

impl Extension for Ulog {
    const NAMES: &'static [&'static str] = &["ULOG"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("ulog-nlgroup"), Opt::value("ulog-prefix"), Opt::value("ulog-cprange"), Opt::value("ulog-qthreshold")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { groups, range, threshold, .. } = raw.read()?;
        let prefix = raw.text(size_of::<Info>(), PREFIX)?;
        (raw.revision == 0).then_some(Self { groups, prefix, range, threshold })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { groups: 1, prefix: "".into(), range: 0, threshold: 1 }
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V4
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "ulog-nlgroup" => {
                let group = given.number(32)?.checked_sub(1).ok_or_else(|| given.bad("a number from 1 to 32"))?;
                self.groups = 1 << group;
            }
            "ulog-prefix" => self.prefix = Line::cut(given.value, PREFIX).into(),
            "ulog-cprange" => self.range = given.number(u64::MAX)?,
            _ => self.threshold = given.number(50)?,
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        if !self.prefix.is_empty() {
            line.flag(false, "--ulog-prefix");
            line.quoted(&self.prefix);
        }
        if self.groups != 1 {
            line.option(false, "--ulog-nlgroup", if self.groups == 0 { 0 } else { self.groups.trailing_zeros() + 1 });
        }
        if self.range != 0 {
            line.option(false, "--ulog-cprange", self.range as u32);
        }
        if self.threshold != 1 {
            line.option(false, "--ulog-qthreshold", self.threshold as u32);
        }
    }
}
