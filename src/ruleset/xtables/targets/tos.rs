//! `-j TOS` (`tos_tg`, `tos_tg6`, xt_DSCP.c): changes the byte of the type of service.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule, number},
    print::Line,
};

/// The bits under the mask are cleared, then those of the value are flipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tos {
    pub value: u8,
    pub mask: u8,
    /// In the form of the first revision, which has no mask.
    old: bool,
    given: bool,
}

/// Symbols (tos_values.c), which stand for six bits.
pub const SYMBOLS: [(&str, u8); 5] = [
    ("Minimize-Delay", 0x10),
    ("Maximize-Throughput", 0x08),
    ("Maximize-Reliability", 0x04),
    ("Minimize-Cost", 0x02),
    ("Normal-Service", 0x00),
];

/// `value`, `value/mask`, or a symbol, whose mask is another (`xtopt_parse_tosmask`).
///
/// # Errors
/// It is none of these.
pub fn given(given: &Given<'_>, symbol_mask: u8) -> Result<(u8, u8), String> {
    let bad = || given.bad("a type of service");
    if let Some((_, value)) = SYMBOLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(given.value)) {
        return Ok((*value, symbol_mask));
    }
    let byte = |text: &str| number(text).and_then(|number| u8::try_from(number).ok()).ok_or_else(bad);
    match given.value.split_once('/') {
        Some((value, mask)) => Ok((byte(value)?, byte(mask)?)),
        None => Ok((byte(given.value)?, u8::MAX)),
    }
}

impl Extension for Tos {
    const NAMES: &'static [&'static str] = &["TOS"];
    const OPTIONS: &'static [Opt] = &[Opt::value("set-tos"), Opt::value("and-tos"), Opt::value("or-tos"), Opt::value("xor-tos")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match (raw.revision, raw.info) {
            (0, [value, ..]) => Some(Self { value: *value, mask: u8::MAX, old: true, given: true }),
            (1, [value, mask, ..]) => Some(Self { value: *value, mask: *mask, old: false, given: true }),
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { value: 0, mask: 0, old: false, given: false }
    }

    fn option(&mut self, option: &Given<'_>) -> Result<(), String> {
        (self.value, self.mask) = match option.name {
            "set-tos" => given(option, 0x3f)?,
            name => {
                let bits = option.number(255)? as u8;
                match name {
                    "and-tos" => (0, !bits),
                    "or-tos" => (bits, bits),
                    _ => (bits, 0),
                }
            }
        };
        self.given = true;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.given { Ok(()) } else { Err("TOS lacks --set-tos".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        if self.old {
            line.option(false, "--set-tos", format!("{:#04x}", self.value));
        } else {
            line.option(false, "--set-tos", format!("{:#04x}/{:#04x}", self.value, self.mask));
        }
    }
}
