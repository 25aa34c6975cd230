//! `-m recent` (`recent_mt`, xt_recent.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    header::{mask, width},
    print,
};

/// The packet's address is in a list that packets change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub list: Box<str>,
    /// Bits of [`SET`] and its kin, as the kernel has them.
    pub operations: u8,
    pub inverted: bool,
    /// Seen in the last seconds; 0 does not ask.
    pub seconds: u32,
    /// Seen so many times; 0 does not ask.
    pub hits: u32,
    /// Keeps destinations, else sources.
    pub destination: bool,
    /// What of the address is kept; None in the revision that keeps all of it.
    pub mask: Option<u128>,
}

/// `XT_RECENT_*`.
pub const CHECK: u8 = 1;
pub const SET: u8 = 2;
pub const UPDATE: u8 = 4;
pub const REMOVE: u8 = 8;
pub const TTL: u8 = 16;
pub const REAP: u8 = 32;

/// `struct xt_recent_mtinfo`, `struct xt_recent_mtinfo_v1`; only the latter has the mask.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    seconds: u32,
    hits: u32,
    operations: u8,
    inverted: u8,
    name: [u8; 200],
    side: u8,
}

/// Where the mask lies.
const MASK: usize = 212;

impl Extension for Recent {
    const NAMES: &'static [&'static str] = &["recent"];
    const OPTIONS: &'static [Opt] = &[
        Opt::flag("set").excludes(&["rcheck", "update", "remove", "rttl"]),
        Opt::flag("rcheck").excludes(&["set", "update", "remove"]),
        Opt::flag("update").excludes(&["set", "rcheck", "remove"]),
        Opt::flag("remove").excludes(&["set", "rcheck", "update", "rttl"]),
        Opt::value("seconds").plain(),
        Opt::flag("reap").plain().beside("seconds"),
        Opt::value("hitcount").plain(),
        Opt::flag("rttl").plain().excludes(&["set", "remove"]),
        Opt::value("name").plain(),
        Opt::flag("rsource").plain(),
        Opt::flag("rdest").plain(),
        Opt::value("mask").plain(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let mask = match raw.revision {
            0 => None,
            1 => {
                let bytes = raw.info.get(MASK..MASK + usize::from(width(raw.version)) / 8)?;
                Some(bytes.iter().fold(0, |mask, byte| mask << 8 | u128::from(*byte)))
            }
            _ => return None,
        };
        Some(Self {
            list: raw.text(std::mem::offset_of!(Info, name), info.name.len())?,
            operations: info.operations,
            inverted: info.inverted != 0,
            seconds: info.seconds,
            hits: info.hits,
            destination: info.side == 1,
            mask,
        })
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        Self {
            list: "DEFAULT".into(),
            operations: 0,
            inverted: false,
            seconds: 0,
            hits: 0,
            destination: false,
            mask: Some(mask(width(rule.version), rule.version)),
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.inverted |= given.inverted;
        match given.name {
            "set" => self.operations |= SET,
            "rcheck" => self.operations |= CHECK,
            "update" => self.operations |= UPDATE,
            "remove" => self.operations |= REMOVE,
            "seconds" => self.seconds = given.between(1, u32::MAX.into())? as u32,
            "reap" => self.operations |= REAP,
            "hitcount" => self.hits = given.word()?,
            "rttl" => self.operations |= TTL,
            "name" => self.list = Line::cut(given.value, 200).into(),
            "rsource" => self.destination = false,
            "rdest" => self.destination = true,
            _ => self.mask = Some(given.address()?),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.operations & (SET | CHECK | UPDATE | REMOVE) == 0 {
            return Err("--set, --rcheck, --update or --remove is needed".into());
        }
        // `recent_mt_check`: as many time stamps as an entry may have; before Linux 6.10 no more than 255.
        if self.hits >= 1 << 16 {
            return Err(format!("--hitcount {} is more than a list keeps", self.hits));
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let mut inverted = self.inverted;
        for (bit, name) in [(SET, "--set"), (CHECK, "--rcheck"), (UPDATE, "--update"), (REMOVE, "--remove")] {
            if self.operations & bit != 0 {
                line.flag(std::mem::take(&mut inverted), name);
            }
        }
        if self.seconds != 0 {
            line.option(false, "--seconds", self.seconds as i32);
        }
        if self.operations & REAP != 0 {
            line.flag(false, "--reap");
        }
        if self.hits != 0 {
            line.option(false, "--hitcount", self.hits as i32);
        }
        if self.operations & TTL != 0 {
            line.flag(false, "--rttl");
        }
        line.option(false, "--name", &self.list);
        if let Some(mask) = self.mask {
            line.option(false, "--mask", print::number(mask, line.version));
        }
        line.flag(false, if self.destination { "--rdest" } else { "--rsource" });
    }
}
