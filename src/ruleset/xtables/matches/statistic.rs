//! `-m statistic` (`statistic_mt`, xt_statistic.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Some of the packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistic {
    pub mode: Mode,
    pub inverted: bool,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By chance; in parts of 2^31.
    Random { probability: u32 },
    /// One of every so many, the first after so many.
    Nth { every: u32, packet: u32 },
    /// Not told yet, or none that is known: never.
    None,
}

/// `struct xt_statistic_info`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    mode: u16,
    flags: u16,
    probability_or_every: u32,
    packet: u32,
}

/// All of the probability.
const WHOLE: f64 = 0x8000_0000_u32 as f64;

impl Extension for Statistic {
    const NAMES: &'static [&'static str] = &["statistic"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("mode").plain().needed(),
        Opt::value("probability").excludes(&["every", "packet"]),
        Opt::value("every").excludes(&["probability"]).beside("packet"),
        Opt::value("packet").plain().excludes(&["probability"]).beside("every"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let mode = match info.mode {
            0 => Mode::Random { probability: info.probability_or_every },
            1 => Mode::Nth { every: info.probability_or_every.wrapping_add(1), packet: info.packet },
            _ => return None,
        };
        (raw.revision == 0).then_some(Self { mode, inverted: info.flags & 1 != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mode: Mode::None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.inverted |= given.inverted;
        match given.name {
            "mode" => match given.value {
                "random" | "nth" => {}
                _ => return Err(given.bad("random or nth")),
            },
            "probability" => {
                let share = given.value.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
                let share = share.ok_or_else(|| given.bad("a number from 0 to 1"))?;
                self.mode = Mode::Random { probability: (WHOLE * share).round() as u32 };
            }
            "every" => self.mode = Mode::Nth { every: given.between(1, u32::MAX.into())? as u32, packet: self.packet() },
            _ => self.mode = Mode::Nth { every: self.every(), packet: given.word()? },
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match self.mode {
            Mode::Nth { every, packet } if packet >= every => Err("--packet has to be below --every".into()),
            Mode::None => Err("--probability, or --every and --packet, are needed".into()),
            _ => Ok(()),
        }
    }

    fn write(&self, line: &mut Line) {
        match self.mode {
            Mode::Random { probability } => {
                line.option(false, "--mode", "random");
                line.option(self.inverted, "--probability", format_args!("{:.11}", f64::from(probability) / WHOLE));
            }
            Mode::Nth { every, packet } => {
                line.option(false, "--mode", "nth");
                line.option(self.inverted, "--every", every);
                line.option(false, "--packet", packet);
            }
            Mode::None => {}
        }
    }
}

impl Statistic {
    fn every(&self) -> u32 {
        if let Mode::Nth { every, .. } = self.mode { every } else { 0 }
    }

    fn packet(&self) -> u32 {
        if let Mode::Nth { packet, .. } = self.mode { packet } else { 0 }
    }
}
