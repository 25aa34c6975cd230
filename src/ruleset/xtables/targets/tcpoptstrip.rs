//! `-j TCPOPTSTRIP` (`tcpoptstrip_tg4`, `tcpoptstrip_tg6`, xt_TCPOPTSTRIP.c): writes no-operations over TCP options.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule, number},
    print::Line,
};

/// The options: a bit for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcpoptstrip(pub [u32; 8]);

const NAMES: [(&str, u8); 6] = [("wscale", 3), ("mss", 2), ("sack-permitted", 4), ("sack", 5), ("timestamp", 8), ("md5", 19)];

impl Tcpoptstrip {
    /// The kinds in order.
    pub fn kinds(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(|kind| self.0[usize::from(kind / 32)] & 1 << (kind % 32) != 0)
    }
}

impl Extension for Tcpoptstrip {
    const NAMES: &'static [&'static str] = &["TCPOPTSTRIP"];
    const OPTIONS: &'static [Opt] = &[Opt::value("strip-options")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        raw.read().filter(|_| raw.revision == 0).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self([0; 8])
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        for name in given.value.split(',') {
            let named = NAMES.iter().find(|(each, _)| *each == name).map(|(_, kind)| *kind);
            let kind = named.or_else(|| number(name).and_then(|kind| u8::try_from(kind).ok())).filter(|kind| *kind > 1);
            let kind = kind.ok_or_else(|| given.bad("a list of TCP options"))?;
            self.0[usize::from(kind / 32)] |= 1 << (kind % 32);
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let kinds: Vec<_> = self.kinds().map(|kind| kind.to_string()).collect();
        if !kinds.is_empty() {
            line.option(false, "--strip-options", kinds.join(","));
        }
    }
}
