//! `-m esp` (`esp_mt`, xt_esp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// The index of IPsec's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esp(pub Spis);

/// Indexes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spis {
    pub low: u32,
    pub high: u32,
    pub inverted: bool,
}

/// `struct xt_esp`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    spis: [u32; 2],
    inverted: u8,
}

impl Spis {
    /// Every index.
    pub const ANY: Self = Self { low: 0, high: u32::MAX, inverted: false };

    /// From `low:high`.
    ///
    /// # Errors
    /// It is no range.
    pub fn given(given: &Given<'_>) -> Result<Self, String> {
        let (low, high) = given.range(u32::MAX.into())?;
        Ok(Self { low: low as u32, high: high as u32, inverted: given.inverted })
    }

    /// Nothing for every index, inverted or not.
    pub fn write(self, name: &str, line: &mut Line) {
        if (self.low, self.high) != (0, u32::MAX) {
            line.option(self.inverted, name, print::range(self.low, self.high));
        }
    }
}

impl Extension for Esp {
    const NAMES: &'static [&'static str] = &["esp"];
    const OPTIONS: &'static [Opt] = &[Opt::value("espspi")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { spis: [low, high], inverted } = raw.read()?;
        (raw.revision == 0).then_some(Self(Spis { low, high, inverted: inverted & 1 != 0 }))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(Spis::ANY)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.0 = Spis::given(given)?;
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(50)
    }

    fn write(&self, line: &mut Line) {
        self.0.write("--espspi", line);
    }
}
