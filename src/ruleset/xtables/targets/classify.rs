//! `-j CLASSIFY` (`classify_tg`, xt_CLASSIFY.c): sets the packet's priority, which is its class for traffic control.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Major and minor number of the class, 16 bits each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classify(pub Option<u32>);

impl Extension for Classify {
    const NAMES: &'static [&'static str] = &["CLASSIFY"];
    const OPTIONS: &'static [Opt] = &[Opt::value("set-class")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.read().filter(|_| raw.revision == 0).map(|class| Self(Some(class)))
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self(None)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let part = |text: &str| u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok();
        let class = given.value.split_once(':').and_then(|(major, minor)| part(major).zip(part(minor)));
        let (major, minor) = class.ok_or_else(|| given.bad("a class: two hexadecimal numbers with a colon between them"))?;
        self.0 = Some(major << 16 | minor & 0xffff);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.0.map_or(Err("CLASSIFY lacks --set-class".to_owned()), |_| Ok(()))
    }

    fn write(&self, line: &mut Line) {
        let class = self.0.unwrap_or_default();
        line.option(false, "--set-class", format!("{:04x}:{:04x}", class >> 16, class & 0xffff));
    }
}
