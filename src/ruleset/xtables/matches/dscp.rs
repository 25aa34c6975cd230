//! `-m dscp` (`dscp_mt`, `dscp_mt6`, xt_dscp.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    targets::dscp::class,
};

/// The differentiated services field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dscp {
    /// Below 64.
    pub value: Option<u8>,
    pub inverted: bool,
}

impl Extension for Dscp {
    const NAMES: &'static [&'static str] = &["dscp"];
    const OPTIONS: &'static [Opt] = &[Opt::value("dscp"), Opt::value("dscp-class")];

    /// `struct xt_dscp_info`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match raw.info {
            [value, invert, ..] if raw.revision == 0 => Some(Self { value: Some(*value), inverted: *invert != 0 }),
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { value: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if self.value.is_some() {
            return Err("dscp takes --dscp or --dscp-class".to_owned());
        }
        self.value = Some(match given.name {
            "dscp" => given.number(63)? as u8,
            _ => class(given.value).ok_or_else(|| given.bad("a class of service"))?,
        });
        self.inverted = given.inverted;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.value.map(|_| ()).ok_or_else(|| "dscp lacks --dscp or --dscp-class".to_owned())
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--dscp", format!("{:#04x}", self.value.unwrap_or_default()));
    }
}
