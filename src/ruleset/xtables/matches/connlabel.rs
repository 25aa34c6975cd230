//! `-m connlabel` (`connlabel_mt`, xt_connlabel.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    options,
};

/// The connection has a label, or is given one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connlabel {
    pub label: Label,
    /// Gives the connection the label, and holds if it then has it.
    pub set: bool,
    pub inverted: bool,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    Bit(u16),
    /// A text's name for one, whose number stands in connlabel.conf.
    Name(Box<str>),
}

/// `struct xt_connlabel_mtinfo`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    bit: u16,
    options: u16,
}

impl Extension for Connlabel {
    const NAMES: &'static [&'static str] = &["connlabel"];
    const OPTIONS: &'static [Opt] = &[Opt::value("label").needed(), Opt::flag("set").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let set = info.options & 2 != 0;
        (raw.revision <= 1).then_some(Self { label: Label::Bit(info.bit), set, inverted: info.options & 1 != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { label: Label::Bit(0), set: false, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.name == "set" {
            self.set = true;
            return Ok(());
        }
        self.inverted = given.inverted;
        self.label = match options::number(given.value) {
            // `XT_CONNLABEL_MAXBIT`.
            Some(_) => Label::Bit(given.number(127)? as u16),
            None if given.value.is_empty() => return Err(given.bad("a label")),
            None => Label::Name(given.value.into()),
        };
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        match &self.label {
            Label::Bit(bit) => line.option(self.inverted, "--label", format_args!("\"{bit}\"")),
            Label::Name(name) => line.option(self.inverted, "--label", format_args!("\"{name}\"")),
        }
        if self.set {
            line.flag(false, "--set");
        }
    }
}
