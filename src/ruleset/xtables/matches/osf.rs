//! `-m osf` of iptables (`xt_osf_match_packet`, xt_osf.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The system that sent the packet, by the look of its first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Osf {
    pub genre: Box<str>,
    pub inverted: bool,
    /// How the TTL is compared.
    pub ttl: Option<u32>,
    pub log: Option<u32>,
}

/// `struct xt_osf_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    genre: [u8; 32],
    length: u32,
    flags: u32,
    log: u32,
    ttl: u32,
}

/// `XT_OSF_*`.
const TTL: u32 = 2;
const LOG: u32 = 4;
const INVERTED: u32 = 8;

impl Extension for Osf {
    const NAMES: &'static [&'static str] = &["osf"];
    const OPTIONS: &'static [Opt] = &[Opt::value("genre").needed(), Opt::value("ttl").plain(), Opt::value("log").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let genre = raw.text(0, info.genre.len())?;
        (raw.revision == 0).then_some(Self {
            genre,
            inverted: info.flags & INVERTED != 0,
            ttl: (info.flags & TTL != 0).then_some(info.ttl),
            log: (info.flags & LOG != 0).then_some(info.log),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { genre: "".into(), inverted: false, ttl: None, log: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "genre" => (self.genre, self.inverted) = (Line::cut(given.value, 32).into(), given.inverted),
            "ttl" => self.ttl = Some(given.number(2)? as u32),
            _ => self.log = Some(given.number(2)? as u32),
        }
        Ok(())
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V4
    }

    fn protocol(&self) -> Option<u16> {
        Some(6)
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--genre", &self.genre);
        if let Some(ttl) = self.ttl {
            line.option(false, "--ttl", ttl);
        }
        if let Some(log) = self.log {
            line.option(false, "--log", log);
        }
    }
}
