//! `-m multiport` (`multiport_mt`, xt_multiport.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    ports::port,
    print::Line,
};

/// One of several ports and ranges of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiport {
    pub side: Side,
    /// Both ends included; a single port is a range of one.
    pub ranges: Vec<(u16, u16)>,
    pub inverted: bool,
    /// The protocol of the rule has ports.
    fits: bool,
}

/// Which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
    Either,
    /// None that the kernel knows.
    Neither,
}

/// `XT_MULTI_PORTS`.
const MOST: usize = 15;

/// `struct xt_multiport`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    flags: u8,
    count: u8,
    ports: [u16; MOST],
}

/// `struct xt_multiport_v1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    flags: u8,
    count: u8,
    ports: [u16; MOST],
    begins_range: [u8; MOST],
    invert: u8,
}

fn side(flags: u8) -> Side {
    match flags {
        0 => Side::Source,
        1 => Side::Destination,
        2 => Side::Either,
        _ => Side::Neither,
    }
}

impl Extension for Multiport {
    const NAMES: &'static [&'static str] = &["multiport"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("source-ports"),
        Opt::value("sports"),
        Opt::value("destination-ports"),
        Opt::value("dports"),
        Opt::value("ports"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match raw.revision {
            0 => {
                let info: Info0 = raw.read()?;
                let ranges = info.ports.get(..info.count.into())?.iter().map(|port| (*port, *port)).collect();
                Some(Self { side: side(info.flags), ranges, inverted: false, fits: true })
            }
            1 => {
                let info: Info1 = raw.read()?;
                let mut entries = info.ports.get(..info.count.into())?.iter().zip(info.begins_range);
                let mut ranges = Vec::new();
                while let Some((low, begins)) = entries.next() {
                    let high = if begins == 0 { low } else { entries.next()?.0 };
                    ranges.push((*low, *high));
                }
                Some(Self { side: side(info.flags), ranges, inverted: info.invert != 0, fits: true })
            }
            _ => None,
        }
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        // TCP, UDP, DCCP, SCTP, UDP-Lite.
        let fits = matches!(rule.protocol, Some(6 | 17 | 33 | 132 | 136));
        Self { side: Side::Neither, ranges: Vec::new(), inverted: false, fits }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if self.side != Side::Neither {
            return Err("multiport looks at one list of ports only".to_owned());
        }
        self.fits |= matches!(given.rule.protocol, Some(6 | 17 | 33 | 132 | 136));
        self.side = match given.name {
            "source-ports" | "sports" => Side::Source,
            "ports" => Side::Either,
            _ => Side::Destination,
        };
        self.inverted = given.inverted;
        let bad = |text: &str| format!("--{}: '{text}' is no port or range of ports", given.name);
        for text in given.value.split(',') {
            self.ranges.push(match text.split_once(':') {
                None => port(text).map(|port| (port, port)).ok_or_else(|| bad(text))?,
                Some((low, high)) => port(low).zip(port(high)).filter(|(low, high)| low < high).ok_or_else(|| bad(text))?,
            });
        }
        let room: usize = given.value.split(',').map(|text| 1 + usize::from(text.contains(':'))).sum();
        if room > MOST { Err(format!("--{}: more than {MOST} ports, of which a range takes two", given.name)) } else { Ok(()) }
    }

    fn check(&self) -> Result<(), String> {
        match (self.side, self.fits) {
            (Side::Neither, _) => Err("multiport lacks --dports, --sports or --ports".to_owned()),
            (_, false) => Err("multiport needs -p with a protocol that has ports".to_owned()),
            _ => Ok(()),
        }
    }

    fn write(&self, line: &mut Line) {
        let name = match self.side {
            Side::Source => "--sports",
            Side::Destination => "--dports",
            Side::Either => "--ports",
            Side::Neither => return,
        };
        let texts: Vec<_> =
            self.ranges.iter().map(|(low, high)| if low == high { low.to_string() } else { format!("{low}:{high}") }).collect();
        line.option(self.inverted, name, texts.join(","));
    }
}
