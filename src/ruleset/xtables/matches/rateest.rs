//! `-m rateest` (`xt_rateest_mt`, xt_rateest.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The rate that a RATEEST target has estimated, against a number or another rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rateest {
    pub first: Box<str>,
    /// Compared with the second estimator, else with numbers.
    pub second: Option<Box<str>>,
    /// What is compared is how far the rates are from their numbers.
    pub delta: bool,
    pub inverted: bool,
    pub compare: Compare,
    /// Bytes in a second: of the first, of the second.
    pub bytes: Option<(u32, u32)>,
    /// Packets in a second.
    pub packets: Option<(u32, u32)>,
}

/// `enum xt_rateest_match_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Never holds.
    None,
    Equal,
    Less,
    Greater,
}

/// `struct xt_rateest_match_info`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    names: [u8; 2 * NAME],
    flags: u16,
    mode: u16,
    bytes_first: u32,
    packets_first: u32,
    bytes_second: u32,
    packets_second: u32,
}

/// `IFNAMSIZ`.
const NAME: usize = 16;

/// `XT_RATEEST_MATCH_*`.
const INVERTED: u16 = 1;
const RELATIVE: u16 = 4;
const DELTA: u16 = 8;
const BYTES: u16 = 16;
const PACKETS: u16 = 32;

/// Bits in a second of each unit.
const UNITS: [(&str, f64); 17] = [
    ("bit", 1.),
    ("kibit", 1024.),
    ("kbit", 1e3),
    ("mibit", 1_048_576.),
    ("mbit", 1e6),
    ("gibit", 1_073_741_824.),
    ("gbit", 1e9),
    ("tibit", 1_099_511_627_776.),
    ("tbit", 1e12),
    ("bps", 8.),
    ("kibps", 8. * 1024.),
    ("kbps", 8e3),
    ("mibps", 8. * 1_048_576.),
    ("mbps", 8e6),
    ("gibps", 8. * 1_073_741_824.),
    ("gbps", 8e9),
    ("tbps", 8e12),
];

impl Extension for Rateest {
    const NAMES: &'static [&'static str] = &["rateest"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("rateest1").plain().excludes(&["rateest"]),
        Opt::value("rateest").plain().excludes(&["rateest1"]),
        Opt::value("rateest2").plain(),
        Opt::perhaps_value("rateest-bps1").plain(),
        Opt::perhaps_value("rateest-pps1").plain(),
        Opt::perhaps_value("rateest-bps2").plain().excludes(&["rateest-bps"]),
        Opt::perhaps_value("rateest-pps2").plain().excludes(&["rateest-pps"]),
        Opt::perhaps_value("rateest-bps").plain().excludes(&["rateest-bps2"]),
        Opt::perhaps_value("rateest-pps").plain().excludes(&["rateest-pps2"]),
        Opt::flag("rateest-delta").plain(),
        Opt::flag("rateest-lt"),
        Opt::flag("rateest-gt"),
        Opt::flag("rateest-eq"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let there = |flag| info.flags & flag != 0;
        (raw.revision == 0).then_some(())?;
        Some(Self {
            first: raw.text(0, NAME)?,
            second: if there(RELATIVE) { Some(raw.text(NAME, NAME)?) } else { None },
            delta: there(DELTA),
            inverted: there(INVERTED),
            compare: match info.mode {
                1 => Compare::Equal,
                2 => Compare::Less,
                3 => Compare::Greater,
                _ => Compare::None,
            },
            bytes: there(BYTES).then_some((info.bytes_first, info.bytes_second)),
            packets: there(PACKETS).then_some((info.packets_first, info.packets_second)),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { first: "".into(), second: None, delta: false, inverted: false, compare: Compare::None, bytes: None, packets: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (bytes, packets) = (self.bytes.unwrap_or_default(), self.packets.unwrap_or_default());
        let rate = || if given.value.is_empty() { Ok(0) } else { read_rate(given.value).ok_or_else(|| given.bad("a rate")) };
        let count = || if given.value.is_empty() { Ok(0) } else { given.word() };
        match given.name {
            "rateest" | "rateest1" => self.first = Line::cut(given.value, NAME).into(),
            "rateest2" => self.second = Some(Line::cut(given.value, NAME).into()),
            "rateest-bps1" => self.bytes = Some((rate()?, bytes.1)),
            "rateest-bps" | "rateest-bps2" => self.bytes = Some((bytes.0, rate()?)),
            "rateest-pps1" => self.packets = Some((count()?, packets.1)),
            "rateest-pps" | "rateest-pps2" => self.packets = Some((packets.0, count()?)),
            "rateest-delta" => self.delta = true,
            name => {
                self.compare = match name {
                    "rateest-lt" => Compare::Less,
                    "rateest-gt" => Compare::Greater,
                    _ => Compare::Equal,
                };
                self.inverted |= given.inverted;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        // `xt_rateest_mt_checkentry`.
        if self.compare == Compare::None { Err("--rateest-lt, --rateest-gt or --rateest-eq is needed".into()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        if self.delta {
            line.flag(false, "--rateest-delta");
        }
        line.option(false, if self.second.is_some() { "--rateest1" } else { "--rateest" }, &self.first);
        if let Some((first, second)) = self.bytes {
            self.rates("bps", bits(first), bits(second), line);
        }
        if let Some((first, second)) = self.packets {
            self.rates("pps", first.to_string(), second.to_string(), line);
        }
        if let Some(second) = &self.second {
            line.option(false, "--rateest2", second);
        }
    }
}

impl Rateest {
    /// `__rateest_save_rate`.
    fn rates(&self, unit: &str, first: String, second: String, line: &mut Line) {
        let compare = match self.compare {
            Compare::None => return,
            Compare::Equal => "--rateest-eq",
            Compare::Less => "--rateest-lt",
            Compare::Greater => "--rateest-gt",
        };
        if self.delta {
            line.option(false, &format!("--rateest-{unit}1"), first);
            line.flag(self.inverted, compare);
            line.option(false, &format!("--rateest-{unit}2"), second);
        } else {
            line.flag(self.inverted, compare);
            line.flag(false, &format!("--rateest-{unit}"));
            if self.second.is_none() {
                line.word(second);
            }
        }
    }
}

/// Bytes in a second as bits (`rateest_print_rate`).
fn bits(bytes: u32) -> String {
    let bits = f64::from(bytes) * 8.;
    if bits >= 1e9 {
        format!("{:.0}Mbit", bits / 1e6)
    } else if bits >= 1e6 {
        format!("{:.0}Kbit", bits / 1e3)
    } else {
        format!("{bits:.0}bit")
    }
}

/// Bytes in a second (`rateest_get_rate`); a number alone is in bits.
fn read_rate(text: &str) -> Option<u32> {
    let end = text.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..end].parse::<f64>().ok()?, text[end..].to_ascii_lowercase());
    let scale = if unit.is_empty() { 1. } else { UNITS.iter().find(|(name, _)| *name == unit)?.1 };
    Some((number * scale / 8.) as u32)
}
