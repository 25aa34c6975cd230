//! `-m cpu` (`cpu_mt`, xt_cpu.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The processor that handles the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpu {
    pub cpu: Option<u32>,
    pub inverted: bool,
}

/// `struct xt_cpu_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    cpu: u32,
    invert: u32,
}

impl Extension for Cpu {
    const NAMES: &'static [&'static str] = &["cpu"];
    const OPTIONS: &'static [Opt] = &[Opt::value("cpu")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { cpu, invert } = raw.read()?;
        (raw.revision == 0).then_some(Self { cpu: Some(cpu), inverted: invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { cpu: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.cpu, self.inverted) = (Some(given.number(u32::MAX.into())? as u32), given.inverted);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.cpu.map(|_| ()).ok_or_else(|| "cpu lacks --cpu".to_owned())
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--cpu", self.cpu.unwrap_or_default());
    }
}
