//! `-m ipcomp` (`comp_mt`, xt_ipcomp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    print,
};

/// The index of a compressed packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipcomp {
    /// Both ends included.
    pub indices: (u32, u32),
    pub inverted: bool,
    /// `--compres`, which the kernel does not look at.
    pub reserved: bool,
}

/// `struct xt_ipcomp`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    indices: [u32; 2],
    inverted: u8,
    reserved: u8,
}

impl Extension for Ipcomp {
    const NAMES: &'static [&'static str] = &["ipcomp"];
    const OPTIONS: &'static [Opt] = &[Opt::value("ipcompspi"), Opt::flag("compres").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let found = Self { indices: info.indices.into(), inverted: info.inverted & 1 != 0, reserved: info.reserved != 0 };
        (raw.revision == 0).then_some(found)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { indices: (0, 0), inverted: false, reserved: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.name == "compres" {
            self.reserved = true;
            return Ok(());
        }
        let (low, high) = given.ends(u32::MAX.into())?;
        (self.indices, self.inverted) = ((low as u32, high.unwrap_or(low) as u32), given.inverted);
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(108)
    }

    fn write(&self, line: &mut Line) {
        print::numbers(self.indices, self.inverted, "--ipcompspi", line);
        if self.reserved {
            line.flag(false, "--compres");
        }
    }
}
