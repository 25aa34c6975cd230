//! `-j HMARK` (`hmark_tg_v4`, `hmark_tg_v6`, xt_HMARK.c): a mark by a hash of addresses and ports.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    header::{Address, mask, width},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What is hashed, and into how many marks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hmark {
    /// `1 << XT_HMARK_*`.
    flags: u32,
    source: u128,
    destination: u128,
    port_masks: [u16; 2],
    ports: [u16; 2],
    protocol: u16,
    random: u32,
    /// How many marks there are.
    pub modulus: u32,
    /// The first of them.
    pub offset: u32,
}

/// `struct xt_hmark_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    source: [u8; 16],
    destination: [u8; 16],
    port_masks: [[u8; 2]; 2],
    ports: [[u8; 2]; 2],
    flags: u32,
    protocol: u16,
    padding: u16,
    random: u32,
    modulus: u32,
    offset: u32,
}

/// `XT_HMARK_*`.
const SOURCE: u32 = 1 << 0;
const DESTINATION: u32 = 1 << 1;
const SPI: u32 = 1 << 2;
const SPI_MASK: u32 = 1 << 3;
const SPORT: u32 = 1 << 4;
const DPORT: u32 = 1 << 5;
const SPORT_MASK: u32 = 1 << 6;
const DPORT_MASK: u32 = 1 << 7;
const PROTOCOL: u32 = 1 << 8;
const RANDOM: u32 = 1 << 9;
const MODULUS: u32 = 1 << 10;
const OFFSET: u32 = 1 << 11;
const CONNECTION: u32 = 1 << 12;

impl Hmark {
    /// By the connection, not by the packet: without one nothing is done.
    #[must_use]
    pub fn of_connection(&self) -> bool {
        self.flags & CONNECTION != 0
    }

    fn tuple(&mut self, part: &str, given: &Given<'_>) -> Result<(), String> {
        let begins = |name: &str| name.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part));
        let all = mask(u8::MAX, given.rule.version);
        if part.is_empty() {
            return Err(given.bad("a list of src, dst, sport, dport, proto, spi, ct"));
        } else if begins("ct") {
            self.flags |= CONNECTION;
        } else if begins("src") {
            (self.flags, self.source) = (self.flags | SOURCE, all);
        } else if begins("dst") {
            (self.flags, self.destination) = (self.flags | DESTINATION, all);
        } else if begins("sport") {
            (self.flags, self.port_masks[0]) = (self.flags | SPORT_MASK, u16::MAX);
        } else if begins("dport") {
            (self.flags, self.port_masks[1]) = (self.flags | DPORT_MASK, u16::MAX);
        } else if begins("proto") {
            (self.flags, self.protocol) = (self.flags | PROTOCOL, u16::MAX);
        } else if begins("spi") {
            (self.flags, self.port_masks) = (self.flags | SPI_MASK, [u16::MAX; 2]);
        } else {
            return Err(given.bad("a list of src, dst, sport, dport, proto, spi, ct"));
        }
        Ok(())
    }
}

/// Two ports as one number, and back.
fn halves(number: u32) -> [u16; 2] {
    [(number >> 16) as u16, number as u16]
}

fn whole([high, low]: [u16; 2]) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

impl Extension for Hmark {
    const NAMES: &'static [&'static str] = &["HMARK"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("hmark-tuple"),
        Opt::value("hmark-src-prefix"),
        Opt::value("hmark-dst-prefix"),
        Opt::value("hmark-sport-mask"),
        Opt::value("hmark-dport-mask"),
        Opt::value("hmark-spi-mask"),
        Opt::value("hmark-sport"),
        Opt::value("hmark-dport"),
        Opt::value("hmark-spi"),
        Opt::value("hmark-proto-mask"),
        Opt::value("hmark-rnd"),
        Opt::value("hmark-mod"),
        Opt::value("hmark-offset"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let address = |bytes: [u8; 16]| u128::from_be_bytes(bytes) >> (128 - u32::from(width(raw.version)));
        (raw.revision == 0).then(|| Self {
            flags: info.flags,
            source: address(info.source),
            destination: address(info.destination),
            port_masks: info.port_masks.map(u16::from_be_bytes),
            ports: info.ports.map(u16::from_be_bytes),
            protocol: info.protocol,
            random: info.random,
            modulus: info.modulus,
            offset: info.offset,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let word = || given.number(u32::MAX.into()).map(|number| number as u32);
        let half = || given.number(u16::MAX.into()).map(|number| number as u16);
        let prefix = || given.number(width(given.rule.version).into()).map(|length| mask(length as u8, given.rule.version));
        self.flags |= match given.name {
            "hmark-tuple" => return given.value.split(',').try_for_each(|part| self.tuple(part, given)),
            "hmark-src-prefix" => {
                self.source = prefix()?;
                SOURCE
            }
            "hmark-dst-prefix" => {
                self.destination = prefix()?;
                DESTINATION
            }
            "hmark-sport-mask" => {
                self.port_masks[0] = half()?;
                SPORT_MASK
            }
            "hmark-dport-mask" => {
                self.port_masks[1] = half()?;
                DPORT_MASK
            }
            "hmark-spi-mask" => {
                self.port_masks = halves(word()?);
                SPI_MASK
            }
            "hmark-sport" => {
                self.ports[0] = half()?;
                SPORT
            }
            "hmark-dport" => {
                self.ports[1] = half()?;
                DPORT
            }
            "hmark-spi" => {
                self.ports = halves(word()?);
                SPI
            }
            "hmark-proto-mask" => {
                self.protocol = half()?;
                PROTOCOL
            }
            "hmark-rnd" => {
                self.random = word()?;
                RANDOM
            }
            "hmark-mod" => {
                self.modulus = word()?;
                MODULUS
            }
            _ => {
                self.offset = word()?;
                OFFSET
            }
        };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.flags & MODULUS == 0 || self.modulus == 0 {
            Err("HMARK lacks --hmark-mod".to_owned())
        } else if self.flags & RANDOM == 0 {
            Err("HMARK lacks --hmark-rnd".to_owned())
        } else if self.flags & SPI_MASK != 0 && self.flags & (SPORT_MASK | DPORT_MASK) != 0 {
            Err("HMARK takes either --hmark-spi-mask or masks of ports".to_owned())
        } else if self.flags & !(RANDOM | MODULUS | OFFSET) == 0 {
            Err("HMARK lacks --hmark-tuple".to_owned())
        } else {
            Ok(())
        }
    }

    fn write(&self, line: &mut Line) {
        let length = |mask: u128| {
            let length = Address { address: 0, mask, inverted: false }.prefix(line.version);
            length.map_or(-1, i32::from)
        };
        let shown = [
            (SOURCE, "--hmark-src-prefix", length(self.source).to_string()),
            (DESTINATION, "--hmark-dst-prefix", length(self.destination).to_string()),
            (SPORT_MASK, "--hmark-sport-mask", format!("{:#06x}", self.port_masks[0])),
            (DPORT_MASK, "--hmark-dport-mask", format!("{:#06x}", self.port_masks[1])),
            (SPI_MASK, "--hmark-spi-mask", format!("{:#010x}", whole(self.port_masks))),
            (SPORT, "--hmark-sport", format!("{:#06x}", self.ports[0])),
            (DPORT, "--hmark-dport", format!("{:#06x}", self.ports[1])),
            (SPI, "--hmark-spi", format!("{:#010x}", whole(self.ports))),
            (PROTOCOL, "--hmark-proto-mask", format!("{:#04x}", self.protocol)),
            (RANDOM, "--hmark-rnd", format!("{:#010x}", self.random)),
            (MODULUS, "--hmark-mod", self.modulus.to_string()),
            (OFFSET, "--hmark-offset", self.offset.to_string()),
            (CONNECTION, "--hmark-tuple", "ct".to_owned()),
        ];
        for (_, option, text) in shown.into_iter().filter(|(flag, ..)| self.flags & flag != 0) {
            line.option(false, option, text);
        }
    }
}
