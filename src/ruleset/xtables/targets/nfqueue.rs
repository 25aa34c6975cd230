//! `-j NFQUEUE` (`nfqueue_tg`, `_v1`, `_v2`, `_v3`, xt_NFQUEUE.c): a program decides.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// To which queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nfqueue {
    pub first: u16,
    /// How many queues share the packets.
    pub count: u16,
    /// Accepted if no program listens.
    pub bypass: bool,
    /// The processor chooses the queue.
    pub by_processor: bool,
}

/// `NFQ_FLAG_*`.
const BYPASS: u16 = 1;
const BY_PROCESSOR: u16 = 2;

impl Extension for Nfqueue {
    const NAMES: &'static [&'static str] = &["NFQUEUE"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("queue-num"), Opt::value("queue-balance"), Opt::flag("queue-bypass"), Opt::flag("queue-cpu-fanout")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let words = |count: usize| -> Option<[u16; 3]> {
            let mut words = [0, 1, 0];
            for (word, bytes) in words.iter_mut().zip(raw.info.get(..2 * count)?.chunks_exact(2)) {
                *word = u16::from_ne_bytes(bytes.try_into().ok()?);
            }
            Some(words)
        };
        let [first, count, flags] = words(1 + usize::from(raw.revision.min(2)))?;
        (raw.revision <= 3).then_some(Self { first, count, bypass: flags & BYPASS != 0, by_processor: flags & BY_PROCESSOR != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { first: 0, count: 1, bypass: false, by_processor: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "queue-num" => self.first = given.number(u16::MAX.into())? as u16,
            "queue-balance" => {
                let bad = || given.bad("a range of queues");
                let (low, high) = given.range(u64::from(u16::MAX) - 1).ok().filter(|(low, high)| low < high).ok_or_else(bad)?;
                (self.first, self.count) = (low as u16, (high - low + 1) as u16);
            }
            "queue-bypass" => self.bypass = true,
            _ => self.by_processor = true,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.by_processor && self.count < 2 { Err("--queue-cpu-fanout needs --queue-balance".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        if self.count > 1 {
            let last = u32::from(self.first) + u32::from(self.count) - 1;
            line.option(false, "--queue-balance", format!("{}:{last}", self.first));
        } else {
            line.option(false, "--queue-num", self.first);
        }
        if self.bypass {
            line.flag(false, "--queue-bypass");
        }
        if self.by_processor {
            line.flag(false, "--queue-cpu-fanout");
        }
    }
}
