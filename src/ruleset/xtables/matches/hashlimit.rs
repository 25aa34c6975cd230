//! `-m hashlimit` (`hashlimit_mt_common`, xt_hashlimit.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    header::width,
    options,
    rate,
};

/// A rate for each address or port, in packets or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashlimit {
    pub revision: u8,
    /// Of the table in the kernel; rules of one name share it.
    pub name: Box<str>,
    /// Holds above the rate, else up to it.
    pub above: bool,
    /// What has a rate of its own.
    pub by: Key,
    /// Time between packets (the unit depends on the revision), or the cost of 16 bytes.
    pub average: u64,
    /// In packets, or in the bytes of one unit of cost.
    pub burst: u64,
    pub bytes: bool,
    /// Compares the rate of this many seconds, and takes nothing from it.
    pub rate_match: Option<u32>,
    /// Buckets; 0 leaves it to the kernel.
    pub size: u32,
    /// Most entries; 0 leaves it to the kernel.
    pub most: u32,
    /// Milliseconds between two collections of garbage.
    pub collect: u32,
    /// Milliseconds until an idle entry goes.
    pub expire: u32,
    /// Lengths of prefixes.
    pub source: u8,
    pub destination: u8,
    given: Unfinished,
}

/// What addresses and ports are told apart by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Key {
    pub source: bool,
    pub source_port: bool,
    pub destination: bool,
    pub destination_port: bool,
}

/// What options said before all of them are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Unfinished {
    rate: bool,
    burst: bool,
    expire: bool,
    /// Seconds of the unit of the rate.
    unit: u64,
}

/// `struct hashlimit_cfg` and `hashlimit_cfg1` behind a name of 16 bytes; the first of them has no prefixes.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    name: [u8; 16],
    mode: u32,
    average: u32,
    burst: u32,
    size: u32,
    most: u32,
    collect: u32,
    expire: u32,
    prefixes: [u8; 2],
}

/// `struct xt_hashlimit_mtinfo2`, `xt_hashlimit_mtinfo3` up to where they differ.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info2 {
    name: [u8; 255],
    average: u64,
    burst: u64,
    mode: u32,
    size: u32,
    most: u32,
    collect: u32,
    expire: u32,
    /// Of revision 2 its first two bytes are the prefixes.
    interval: [u8; 4],
    prefixes: [u8; 2],
}

/// `XT_HASHLIMIT_*`.
const BY_DESTINATION: u32 = 1;
const BY_DESTINATION_PORT: u32 = 2;
const BY_SOURCE: u32 = 4;
const BY_SOURCE_PORT: u32 = 8;
const ABOVE: u32 = 16;
const BYTES: u32 = 32;
const RATE_MATCH: u32 = 64;

/// `XT_HASHLIMIT_BURST`, `XT_HASHLIMIT_BURST_MAX`, `XT_HASHLIMIT_GCINTERVAL`.
const BURST: u64 = 5;
const MOST_BURST: u64 = 1_000_000;
const COLLECT: u32 = 1000;

/// `XT_HASHLIMIT_BYTE_EXPIRE` and `XT_HASHLIMIT_BYTE_EXPIRE_BURST`, in seconds.
const BYTE_EXPIRE: u64 = 15;
const BYTE_EXPIRE_BURST: u64 = 60;

impl Extension for Hashlimit {
    const NAMES: &'static [&'static str] = &["hashlimit"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("hashlimit-upto").excludes(&["hashlimit-above", "hashlimit"]),
        Opt::value("hashlimit-above").excludes(&["hashlimit-upto", "hashlimit"]),
        Opt::value("hashlimit").excludes(&["hashlimit-upto", "hashlimit-above"]),
        Opt::value("hashlimit-srcmask").plain(),
        Opt::value("hashlimit-dstmask").plain(),
        Opt::value("hashlimit-burst").plain(),
        Opt::value("hashlimit-htable-size").plain(),
        Opt::value("hashlimit-htable-max").plain(),
        Opt::value("hashlimit-htable-gcinterval").plain(),
        Opt::value("hashlimit-htable-expire").plain(),
        Opt::value("hashlimit-mode").plain(),
        Opt::value("hashlimit-name").plain().needed(),
        Opt::flag("hashlimit-rate-match").plain(),
        Opt::value("hashlimit-rate-interval").plain(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let whole = width(raw.version);
        match raw.revision {
            0 | 1 => {
                let info: Info1 = raw.read()?;
                let [source, destination] = if raw.revision == 0 { [whole; 2] } else { info.prefixes };
                Some(Self {
                    revision: raw.revision,
                    name: raw.text(0, info.name.len())?,
                    average: info.average.into(),
                    burst: info.burst.into(),
                    rate_match: None,
                    size: info.size,
                    most: info.most,
                    collect: info.collect,
                    expire: info.expire,
                    source,
                    destination,
                    ..Self::of_mode(info.mode)
                })
            }
            2 | 3 => {
                let info: Info2 = raw.read()?;
                let interval = u32::from_ne_bytes(info.interval);
                let [source, destination] = if raw.revision == 2 { [info.interval[0], info.interval[1]] } else { info.prefixes };
                Some(Self {
                    revision: raw.revision,
                    name: raw.text(0, info.name.len())?,
                    average: info.average,
                    burst: info.burst,
                    rate_match: (raw.revision == 3 && info.mode & RATE_MATCH != 0).then_some(interval),
                    size: info.size,
                    most: info.most,
                    collect: info.collect,
                    expire: info.expire,
                    source,
                    destination,
                    ..Self::of_mode(info.mode)
                })
            }
            _ => None,
        }
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        let whole = width(rule.version);
        Self { revision: 3, burst: BURST, collect: COLLECT, source: whole, destination: whole, ..Self::of_mode(0) }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "hashlimit-upto" | "hashlimit" | "hashlimit-above" => {
                self.given.rate = true;
                self.above = (given.name == "hashlimit-above") != given.inverted;
                let (average, unit, bytes) = read_rate(given.value).ok_or_else(|| given.bad("a rate"))?;
                (self.average, self.given.unit, self.bytes) = (average, unit, bytes);
            }
            "hashlimit-srcmask" => self.source = given.prefix_length()?,
            "hashlimit-dstmask" => self.destination = given.prefix_length()?,
            "hashlimit-burst" => {
                self.given.burst = true;
                self.burst = read_burst(given.value).ok_or_else(|| given.bad("a burst"))?;
            }
            "hashlimit-htable-size" => self.size = given.word()?,
            "hashlimit-htable-max" => self.most = given.word()?,
            "hashlimit-htable-gcinterval" => self.collect = given.word()?,
            "hashlimit-htable-expire" => {
                self.given.expire = true;
                self.expire = given.word()?;
            }
            "hashlimit-mode" => self.by = read_key(given.value).ok_or_else(|| given.bad("a list of srcip, srcport, dstip, dstport"))?,
            "hashlimit-name" if given.value.is_empty() => return Err(given.bad("a name")),
            "hashlimit-name" => self.name = Line::cut(given.value, 255).into(),
            "hashlimit-rate-match" => self.rate_match = self.rate_match.or(Some(0)),
            _ => {
                let seconds = rate::leading(given.value).and_then(|seconds| u32::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
                self.rate_match = Some(seconds.ok_or_else(|| given.bad("a number of seconds"))?);
            }
        }
        Ok(())
    }

    /// `hashlimit_mt_check`.
    fn complete(&mut self) -> Result<(), String> {
        let Unfinished { rate, burst, expire, unit } = std::mem::take(&mut self.given);
        if !rate {
            return Err("--hashlimit-upto or --hashlimit-above is needed".into());
        }
        let mut seconds = if self.bytes { BYTE_EXPIRE } else { unit };
        if self.bytes {
            let step = bytes_of(self.average);
            if burst && (self.burst < step || step == 0) {
                return Err(format!("--hashlimit-burst can't be smaller than {step}b"));
            }
            self.burst = if burst { self.burst.div_ceil(step) } else { 0 };
            seconds = if burst { BYTE_EXPIRE_BURST } else { seconds };
        } else if self.burst > MOST_BURST {
            return Err(format!("--hashlimit-burst is more than {MOST_BURST}"));
        }
        if !expire {
            self.expire = (seconds * 1000) as u32;
        }
        if let Some(interval) = &mut self.rate_match {
            if !self.bytes {
                self.average /= unit;
            }
            if *interval == 0 {
                *interval = if self.bytes { 1 } else { unit as u32 };
            }
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let scale = if self.revision < 2 { rate::COARSE } else { rate::FINE };
        let name = match (self.revision, self.above) {
            (0, _) => "--hashlimit",
            (_, true) => "--hashlimit-above",
            _ => "--hashlimit-upto",
        };
        let seconds = if self.bytes {
            let rate = bytes_of(self.average);
            line.option(false, name, format_args!("{}b/s", units(rate, |whole| cost_of(whole) == self.average)));
            if self.burst != 0 {
                line.option(false, "--hashlimit-burst", format_args!("{}b", units(rate.wrapping_mul(self.burst), |_| true)));
            }
            if self.burst == 0 { BYTE_EXPIRE } else { BYTE_EXPIRE_BURST }
        } else {
            let (text, seconds) = rate::text(self.average, scale);
            line.option(false, name, text);
            line.option(false, "--hashlimit-burst", self.burst);
            seconds
        };
        if self.by != Key::default() || self.revision == 0 {
            line.option(false, "--hashlimit-mode", self.by.text());
        }
        line.option(false, "--hashlimit-name", &self.name);
        let whole = width(line.version);
        for (name, value, default) in [
            ("--hashlimit-htable-size", self.size, 0),
            ("--hashlimit-htable-max", self.most, 0),
            ("--hashlimit-htable-gcinterval", self.collect, COLLECT),
            ("--hashlimit-htable-expire", self.expire, (seconds * 1000) as u32),
            ("--hashlimit-srcmask", self.source.into(), whole.into()),
            ("--hashlimit-dstmask", self.destination.into(), whole.into()),
        ] {
            if value != default {
                line.option(false, name, value);
            }
        }
        if let Some(interval) = self.rate_match {
            line.flag(false, "--hashlimit-rate-match");
            if interval != 1 {
                line.option(false, "--hashlimit-rate-interval", interval);
            }
        }
    }
}

impl Hashlimit {
    fn of_mode(mode: u32) -> Self {
        let by = Key {
            source: mode & BY_SOURCE != 0,
            source_port: mode & BY_SOURCE_PORT != 0,
            destination: mode & BY_DESTINATION != 0,
            destination_port: mode & BY_DESTINATION_PORT != 0,
        };
        Self {
            revision: 0,
            name: "".into(),
            above: mode & ABOVE != 0,
            by,
            average: 0,
            burst: 0,
            bytes: mode & BYTES != 0,
            rate_match: None,
            size: 0,
            most: 0,
            collect: 0,
            expire: 0,
            source: 0,
            destination: 0,
            given: Unfinished::default(),
        }
    }
}

impl Key {
    /// `print_mode`.
    fn text(self) -> String {
        let names = [
            (self.source, "srcip"),
            (self.source_port, "srcport"),
            (self.destination, "dstip"),
            (self.destination_port, "dstport"),
        ];
        names.iter().filter(|(there, _)| *there).map(|(_, name)| *name).collect::<Vec<_>>().join(",")
    }
}

/// `parse_mode`.
fn read_key(text: &str) -> Option<Key> {
    let mut key = Key::default();
    for word in text.split([',', '|']).filter(|word| !word.is_empty()) {
        *match word {
            "srcip" => &mut key.source,
            "srcport" => &mut key.source_port,
            "dstip" => &mut key.destination,
            "dstport" => &mut key.destination_port,
            _ => return None,
        } = true;
    }
    Some(key)
}

/// A rate in bytes or packets: its cost or time between packets, the seconds of its unit, whether it counts bytes
/// (`parse_bytes`, `parse_rate`).
fn read_rate(text: &str) -> Option<(u64, u64, bool)> {
    if let Some(at) = text.find("b/s").filter(|at| *at > 0)
        && let Some(rate) = rate::leading(text).filter(|rate| *rate != 0)
    {
        let cost = cost_of(rate.checked_mul(factor(text.as_bytes().get(at - 1).copied()))?);
        return (cost != 0).then_some((cost, BYTE_EXPIRE, true));
    }
    rate::parse(text, rate::FINE).map(|(period, unit)| (period, unit, false))
}

/// `parse_burst`: `5`, `1mb`.
fn read_burst(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = options::number(&text[..digits]).filter(|number| *number >= 1)?;
    match text.as_bytes().get(digits) {
        None => Some(number).filter(|number| *number <= MOST_BURST),
        suffix => number.checked_mul(factor(suffix.copied())),
    }
}

fn factor(suffix: Option<u8>) -> u64 {
    match suffix {
        Some(b'm') => 1024 * 1024,
        Some(b'k') => 1024,
        _ => 1,
    }
}

/// `cost_to_bytes`.
fn bytes_of(cost: u64) -> u64 {
    let most = u64::from(u32::MAX);
    most.checked_div(cost).unwrap_or(most).wrapping_sub(1) << 4
}

/// `bytes_to_cost`: it cuts to 32 bits.
fn cost_of(bytes: u64) -> u64 {
    u32::MAX.checked_div(((bytes >> 4) as u32).wrapping_add(1)).unwrap_or_default().into()
}

/// `5m`, `5k`, `5`: the biggest unit that it reaches and that says it exactly enough (`print_bytes`).
fn units(number: u64, fits: impl Fn(u64) -> bool) -> String {
    for (name, size) in [("m", 1024 * 1024), ("k", 1024_u32)] {
        if number >= size.into() && fits(number & u64::from(!(size - 1))) {
            return format!("{}{name}", number / u64::from(size));
        }
    }
    number.to_string()
}
