//! `-m sctp` (`sctp_mt`, xt_sctp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    ports::Ports,
    print::Line,
};

/// Ports and chunks of an SCTP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sctp {
    pub source: Option<Ports>,
    pub destination: Option<Ports>,
    pub chunks: Option<Chunks>,
}

/// Which chunks are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    pub how: How,
    /// A bit for each type.
    pub types: [u32; 8],
    /// Type, mask, and what the chunk's flags are under it.
    pub flags: Vec<(u8, u8, u8)>,
    pub inverted: bool,
}

/// How many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Any,
    All,
    /// No others.
    Only,
}

/// Names of chunks, their types, and the letters of their flags from the highest bit on.
#[rustfmt::skip]
const NAMES: [(&str, u8, &str); 22] = [
    ("DATA", 0, "----IUBE"), ("INIT", 1, "--------"), ("INIT_ACK", 2, "--------"), ("SACK", 3, "--------"), ("HEARTBEAT", 4, "--------"),
    ("HEARTBEAT_ACK", 5, "--------"), ("ABORT", 6, "-------T"), ("SHUTDOWN", 7, "--------"), ("SHUTDOWN_ACK", 8, "--------"),
    ("ERROR", 9, "--------"), ("COOKIE_ECHO", 10, "--------"), ("COOKIE_ACK", 11, "--------"), ("ECN_ECNE", 12, "--------"),
    ("ECN_CWR", 13, "--------"), ("SHUTDOWN_COMPLETE", 14, "-------T"), ("I_DATA", 64, "----IUBE"), ("RE_CONFIG", 130, "--------"),
    ("PAD", 132, "--------"), ("ASCONF", 193, "--------"), ("ASCONF_ACK", 128, "--------"), ("FORWARD_TSN", 192, "--------"),
    ("I_FORWARD_TSN", 194, "--------"),
];

/// `struct xt_sctp_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    destination: [u16; 2],
    source: [u16; 2],
    types: [u32; 8],
    /// The array is eight times too long.
    _unused: [u32; 56],
    how: u32,
    /// Type, value, mask.
    flags: [[u8; 3]; 4],
    flags_used: u32,
    asked: u32,
    inverted: u32,
}

/// `XT_SCTP_*`.
const SOURCE: u32 = 1;
const DESTINATION: u32 = 2;
const CHUNKS: u32 = 4;

impl Extension for Sctp {
    const NAMES: &'static [&'static str] = &["sctp"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("source-port"),
        Opt::value("sport"),
        Opt::value("destination-port"),
        Opt::value("dport"),
        Opt::pair("chunk-types"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read().filter(|_| raw.revision == 0)?;
        let asks = |flag| info.asked & flag != 0;
        let ports = |[low, high]: [u16; 2], flag| asks(flag).then_some(Ports { low, high, inverted: info.inverted & flag != 0 });
        let how = match info.how {
            1 => How::Any,
            2 => How::All,
            4 => How::Only,
            _ if asks(CHUNKS) => return None,
            _ => How::Any,
        };
        let flags = info.flags.get(..usize::try_from(info.flags_used).ok()?)?.iter().map(|[kind, value, mask]| (*kind, *mask, *value));
        Some(Self {
            source: ports(info.source, SOURCE),
            destination: ports(info.destination, DESTINATION),
            chunks: asks(CHUNKS).then(|| Chunks { how, types: info.types, flags: flags.collect(), inverted: info.inverted & CHUNKS != 0 }),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { source: None, destination: None, chunks: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "source-port" | "sport" => self.source = Some(Ports::given(given)?),
            "destination-port" | "dport" => self.destination = Some(Ports::given(given)?),
            _ => self.chunks = Some(chunks(given)?),
        }
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(132)
    }

    fn write(&self, line: &mut Line) {
        for (name, ports) in [("--sport", self.source), ("--dport", self.destination)] {
            if let Some(ports) = ports {
                line.option(ports.inverted, name, ports.text());
            }
        }
        if let Some(chunks) = &self.chunks {
            let how = match chunks.how {
                How::Any => "any",
                How::All => "all",
                How::Only => "only",
            };
            line.option(chunks.inverted, "--chunk-types", how);
            match chunks.types {
                [0, 0, 0, 0, 0, 0, 0, 0] => line.word("NONE"),
                [u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX] => line.word("ALL"),
                _ => line.word((0..=255).filter(|kind| chunks.has(*kind)).map(|kind| chunks.name(kind)).collect::<Vec<_>>().join(",")),
            }
        }
    }
}

impl Chunks {
    fn has(&self, kind: u8) -> bool {
        self.types.get(usize::from(kind) / 32).is_some_and(|bits| bits & 1 << (kind % 32) != 0)
    }

    fn set(&mut self, kind: u8) {
        if let Some(bits) = self.types.get_mut(usize::from(kind) / 32) {
            *bits |= 1 << (kind % 32);
        }
    }

    /// `NAME:Flags`, flags that must not be set in small letters (`print_chunk`, `print_chunk_flags`).
    fn name(&self, kind: u8) -> String {
        let mut text = NAMES.iter().find(|(_, each, _)| *each == kind).map_or("", |(name, ..)| *name).to_owned();
        for (_, mask, value) in self.flags.iter().filter(|(each, mask, _)| *each == kind && *mask != 0) {
            text.push(':');
            let letters = NAMES.get(usize::from(kind)).map_or("--------", |(.., letters)| *letters);
            for (letter, bit) in letters.chars().zip((0..8).rev()).filter(|(_, bit)| mask & 1 << bit != 0) {
                text.push(if value & 1 << bit != 0 { letter } else { letter.to_ascii_lowercase() });
            }
        }
        text
    }
}

/// `HOW NAME[:FLAGS],…` (`parse_sctp_chunks`).
fn chunks(given: &Given<'_>) -> Result<Chunks, String> {
    let how = match given.value.to_ascii_lowercase().as_str() {
        "any" => How::Any,
        "all" => How::All,
        "only" => How::Only,
        _ => return Err(given.bad("any, all or only")),
    };
    let mut chunks = Chunks { how, types: [0; 8], flags: Vec::new(), inverted: given.inverted };
    match given.second.to_ascii_lowercase().as_str() {
        "all" => chunks.types = [u32::MAX; 8],
        "none" => {}
        _ => {
            for text in given.second.split(',').filter(|text| !text.is_empty()) {
                let (name, flags) = text.split_once(':').unwrap_or((text, ""));
                let bad = || format!("--chunk-types: '{text}' is no chunk of SCTP");
                let at = NAMES.iter().position(|(each, ..)| each.eq_ignore_ascii_case(name)).ok_or_else(bad)?;
                let (_, kind, letters) = NAMES.get(at).ok_or_else(bad)?;
                chunks.set(*kind);
                let (mut mask, mut value) = (0, 0);
                for letter in flags.chars() {
                    let bit = letters.chars().position(|each| each == letter.to_ascii_uppercase()).ok_or_else(bad)?;
                    mask |= 0x80 >> bit;
                    value |= if letter.is_ascii_uppercase() { 0x80 >> bit } else { 0 };
                }
                if mask != 0 {
                    // iptables keeps the place in its list, which is the type of the first fifteen.
                    chunks.flags.push((at as u8, mask, value));
                }
            }
        }
    }
    if chunks.flags.len() > 4 { Err("--chunk-types: flags of more than four chunks".to_owned()) } else { Ok(chunks) }
}
