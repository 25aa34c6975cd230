//! `-j DSCP` (`dscp_tg`, `dscp_tg6`, xt_DSCP.c): sets the differentiated services field.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The value, below 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dscp(pub Option<u8>);

/// Classes of services by name, and their values (dscp_helper.c).
const CLASSES: [(&str, u8); 22] = [
    ("CS0", 0x00),
    ("CS1", 0x08),
    ("CS2", 0x10),
    ("CS3", 0x18),
    ("CS4", 0x20),
    ("CS5", 0x28),
    ("CS6", 0x30),
    ("CS7", 0x38),
    ("BE", 0x00),
    ("AF11", 0x0a),
    ("AF12", 0x0c),
    ("AF13", 0x0e),
    ("AF21", 0x12),
    ("AF22", 0x14),
    ("AF23", 0x16),
    ("AF31", 0x1a),
    ("AF32", 0x1c),
    ("AF33", 0x1e),
    ("AF41", 0x22),
    ("AF42", 0x24),
    ("AF43", 0x26),
    ("EF", 0x2e),
];

/// The value of a class; the name need only begin the text (`class_to_dscp`).
#[must_use]
pub fn class(text: &str) -> Option<u8> {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    CLASSES.iter().find(|(name, _)| begins(name)).map(|(_, value)| *value)
}

impl Extension for Dscp {
    const NAMES: &'static [&'static str] = &["DSCP"];
    const OPTIONS: &'static [Opt] = &[Opt::value("set-dscp").plain().excludes(&["set-dscp-class"]), Opt::value("set-dscp-class").plain().excludes(&["set-dscp"])];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.info.first().filter(|_| raw.revision == 0).map(|value| Self(Some(*value)))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(None)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.0 = Some(match given.name {
            "set-dscp" => given.number(63)? as u8,
            _ => class(given.value).ok_or_else(|| given.bad("a class of service"))?,
        });
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.0.map_or(Err("DSCP lacks --set-dscp".to_owned()), |_| Ok(()))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--set-dscp", format!("{:#04x}", self.0.unwrap_or_default()));
    }
}
