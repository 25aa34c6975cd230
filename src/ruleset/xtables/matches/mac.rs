//! `-m mac` (`mac_mt`, xt_mac.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The hardware address of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mac {
    pub source: Option<[u8; 6]>,
    pub inverted: bool,
}

impl Extension for Mac {
    const NAMES: &'static [&'static str] = &["mac"];
    const OPTIONS: &'static [Opt] = &[Opt::value("mac-source")];

    /// `struct xt_mac_info`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (source, rest) = raw.info.split_first_chunk::<6>()?;
        // Two bytes of padding stand before an int.
        let inverted = rest.get(2..6)?.iter().any(|byte| *byte != 0);
        (raw.revision == 0).then_some(Self { source: Some(*source), inverted })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { source: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let bytes: Option<Vec<u8>> = given.value.split(':').map(|text| u8::from_str_radix(text, 16).ok()).collect();
        let source = bytes.and_then(|bytes| bytes.try_into().ok());
        self.source = Some(source.ok_or_else(|| given.bad("a hardware address like 02:00:5e:10:00:01"))?);
        self.inverted = given.inverted;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.source.map(|_| ()).ok_or_else(|| "mac lacks --mac-source".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let bytes: Vec<_> = self.source.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        line.option(self.inverted, "--mac-source", bytes.join(":"));
    }
}
