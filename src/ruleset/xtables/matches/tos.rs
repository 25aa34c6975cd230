//! `-m tos` (`tos_mt`, xt_dscp.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    targets::tos,
};

/// The byte of the type of service, under a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tos {
    /// Value and mask.
    pub tos: Option<(u8, u8)>,
    pub inverted: bool,
    /// Revision 0 has no mask.
    old: bool,
}

impl Extension for Tos {
    const NAMES: &'static [&'static str] = &["tos"];
    const OPTIONS: &'static [Opt] = &[Opt::value("tos")];

    /// `struct ipt_tos_info`, `struct xt_tos_match_info`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match (raw.revision, raw.info) {
            (0, [value, invert, ..]) => Some(Self { tos: Some((*value, u8::MAX)), inverted: *invert != 0, old: true }),
            (1, [mask, value, invert, ..]) => Some(Self { tos: Some((*value, *mask)), inverted: *invert != 0, old: false }),
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { tos: None, inverted: false, old: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        // `xtopt_parse_tosmask`: a symbol stands for six bits.
        (self.tos, self.inverted) = (Some(tos::given(given, 0x3f)?), given.inverted);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.tos.map(|_| ()).ok_or_else(|| "tos lacks --tos".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let (value, mask) = self.tos.unwrap_or_default();
        let mask = if self.old { String::new() } else { format!("/{mask:#04x}") };
        line.option(self.inverted, "--tos", format!("{value:#04x}{mask}"));
    }
}
