//! `-j TEE` (`tee_tg4`, `tee_tg6`, xt_TEE.c): sends a copy to another host, and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    header::width,
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// Where the copy goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tee {
    pub gateway: Option<u128>,
    /// By this interface; empty for whichever the route takes.
    pub interface: Box<str>,
}

const INTERFACE: (usize, usize) = (16, 16);

impl Extension for Tee {
    const NAMES: &'static [&'static str] = &["TEE"];
    const OPTIONS: &'static [Opt] = &[Opt::value("gateway").plain().needed(), Opt::value("oif").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let gateway = u128::from_be_bytes(raw.read()?) >> (128 - u32::from(width(raw.version)));
        let interface = raw.text(INTERFACE.0, INTERFACE.1)?;
        (raw.revision == 1).then_some(Self { gateway: Some(gateway), interface })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { gateway: None, interface: "".into() }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "gateway" => self.gateway = Some(given.address()?),
            _ => self.interface = given.value.into(),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.gateway.map_or(Err("TEE lacks --gateway".to_owned()), |_| Ok(()))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--gateway", print::number(self.gateway.unwrap_or_default(), line.version));
        if !self.interface.is_empty() {
            line.option(false, "--oif", &self.interface);
        }
    }
}
