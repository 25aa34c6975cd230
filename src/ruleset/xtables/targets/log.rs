//! `-j LOG` (`log_tg`, xt_LOG.c): writes to the kernel's log and goes on.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub level: u8,
    /// `XT_LOG_*`.
    pub flags: u8,
    pub prefix: Box<str>,
}

/// `LOG_DEFAULT_LEVEL`: warning.
const DEFAULT: u8 = 4;

/// Room for the prefix and its end.
const PREFIX: usize = 30;

/// Options that are flags, with their bit, in the order in which they are printed.
const FLAGS: [(&str, u8); 5] =
    [("log-tcp-sequence", 1), ("log-tcp-options", 2), ("log-ip-options", 4), ("log-uid", 8), ("log-macdecode", 0x20)];

const LEVELS: [(&str, u8); 11] = [
    ("emerg", 0),
    ("panic", 0),
    ("alert", 1),
    ("crit", 2),
    ("err", 3),
    ("error", 3),
    ("warn", 4),
    ("warning", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
];

impl Extension for Log {
    const NAMES: &'static [&'static str] = &["LOG"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("log-level"),
        Opt::value("log-prefix"),
        Opt::flag("log-tcp-sequence"),
        Opt::flag("log-tcp-options"),
        Opt::flag("log-ip-options"),
        Opt::flag("log-uid"),
        Opt::flag("log-macdecode"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [level, flags]: [u8; 2] = raw.read()?;
        let prefix = raw.text(2, PREFIX)?;
        (raw.revision == 0).then_some(Self { level, flags, prefix })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { level: DEFAULT, flags: 0, prefix: "".into() }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "log-level" => {
                let named = LEVELS.iter().find(|(name, _)| given.value.eq_ignore_ascii_case(name)).map(|(_, level)| *level);
                self.level = match named {
                    Some(level) => level,
                    None => given.number(7)? as u8,
                };
            }
            // iptables cuts a longer one off, with a warning.
            "log-prefix" => self.prefix = Line::cut(given.value, PREFIX).into(),
            name => self.flags |= FLAGS.iter().find(|(each, _)| *each == name).map_or(0, |(_, flag)| *flag),
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        if !self.prefix.is_empty() {
            line.flag(false, "--log-prefix");
            line.quoted(&self.prefix);
        }
        if self.level != DEFAULT {
            line.option(false, "--log-level", self.level);
        }
        for (name, _) in FLAGS.iter().filter(|(_, flag)| self.flags & flag != 0) {
            line.raw(" --");
            line.raw(name);
        }
    }
}
