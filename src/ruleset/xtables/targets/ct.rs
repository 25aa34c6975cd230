//! `-j CT` and `-j NOTRACK` (`xt_ct_target_v0`, `_v1`, xt_CT.c): what connection tracking shall do with a packet that it has not seen.

use super::ct_events::{CONNECTION, EXPECTATION, names, numbers};
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The template of the connection, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ct {
    /// `XT_CT_*`.
    flags: u16,
    /// The zone, if the packet's mark does not tell it.
    pub zone: u16,
    /// `1 << IPCT_*`.
    events: u32,
    /// `1 << IPEXP_*`.
    expectations: u32,
    pub helper: Box<str>,
    timeout: Box<str>,
}

/// `XT_CT_*`.
const NOTRACK: u16 = 1;
const ALIAS: u16 = 2;
const ORIGINAL: u16 = 4;
const REPLY: u16 = 8;
const BY_MARK: u16 = 0x10;

/// Room for the names of the helper and of the timeout policy, and where they stand.
const HELPER: (usize, usize) = (12, 16);
const TIMEOUT: (usize, usize) = (28, 32);

impl Ct {
    /// Not tracked.
    #[must_use]
    pub fn exempts(&self) -> bool {
        self.flags & NOTRACK != 0
    }

    /// The zone is the packet's mark.
    #[must_use]
    pub fn zone_by_mark(&self) -> bool {
        self.flags & BY_MARK != 0
    }

    /// The zone holds for the direction of the first packet.
    #[must_use]
    pub fn zone_of_original(&self) -> bool {
        self.flags & REPLY == 0 || self.flags & ORIGINAL != 0
    }
}

impl Extension for Ct {
    const NAMES: &'static [&'static str] = &["CT", "NOTRACK"];
    const OPTIONS: &'static [Opt] = &[
        Opt::flag("notrack"),
        Opt::value("helper"),
        Opt::value("timeout"),
        Opt::value("ctevents"),
        Opt::value("expevents"),
        Opt::value("zone-orig"),
        Opt::value("zone-reply"),
        Opt::value("zone"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        if raw.name == "NOTRACK" {
            return (raw.revision == 0).then(|| Self { flags: NOTRACK | ALIAS, ..Self::default() });
        }
        let [flags_and_zone, events, expectations]: [u32; 3] = raw.read()?;
        let [flags, zone]: [u16; 2] = zerocopy::transmute!(flags_and_zone);
        let timeout = match raw.revision {
            0 => "".into(),
            1 | 2 => raw.text(TIMEOUT.0, TIMEOUT.1)?,
            _ => return None,
        };
        Some(Self { flags, zone, events, expectations, helper: raw.text(HELPER.0, HELPER.1)?, timeout })
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { flags: if name == "NOTRACK" { NOTRACK | ALIAS } else { 0 }, ..Self::default() }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "notrack" => self.flags |= NOTRACK,
            "helper" => self.helper = given.value.into(),
            "timeout" => self.timeout = given.value.into(),
            "ctevents" => self.events = numbers(&CONNECTION, given)?,
            "expevents" => self.expectations = numbers(&EXPECTATION, given)?,
            name => {
                self.flags |= match name {
                    "zone-orig" => ORIGINAL,
                    "zone-reply" => REPLY,
                    _ => 0,
                };
                if given.value.eq_ignore_ascii_case("mark") {
                    self.flags |= BY_MARK;
                } else {
                    self.zone = given.number(u16::MAX.into())? as u16;
                }
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        if self.flags & ALIAS != 0 { "NOTRACK" } else { "CT" }
    }

    fn write(&self, line: &mut Line) {
        if self.flags & ALIAS != 0 {
            return;
        }
        if self.flags & NOTRACK != 0 {
            line.flag(false, "--notrack");
        }
        if !self.helper.is_empty() {
            line.option(false, "--helper", &self.helper);
        }
        if !self.timeout.is_empty() {
            line.option(false, "--timeout", &self.timeout);
        }
        if self.events != 0 {
            line.option(false, "--ctevents", names(&CONNECTION, self.events));
        }
        if self.expectations != 0 {
            line.option(false, "--expevents", names(&EXPECTATION, self.expectations));
        }
        if self.zone_by_mark() || self.zone != 0 {
            let option = match self.flags & (ORIGINAL | REPLY) {
                ORIGINAL => "--zone-orig",
                REPLY => "--zone-reply",
                _ => "--zone",
            };
            line.flag(false, option);
            if self.zone_by_mark() { line.raw(" mark") } else { line.word(self.zone) }
        }
    }
}
