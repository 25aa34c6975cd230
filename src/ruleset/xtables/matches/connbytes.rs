//! `-m connbytes` (`connbytes_mt`, xt_connbytes.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What a connection has carried so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connbytes {
    pub low: u64,
    pub high: u64,
    pub inverted: bool,
    pub what: Option<What>,
    pub direction: Option<Direction>,
}

/// What is counted (`enum xt_connbytes_what`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Packets,
    Bytes,
    /// Bytes in a packet.
    Average,
}

/// In which direction (`enum xt_connbytes_direction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Original,
    Reply,
    Both,
}

const WHAT: [(&str, What); 3] = [("packets", What::Packets), ("bytes", What::Bytes), ("avgpkt", What::Average)];
const DIRECTIONS: [(&str, Direction); 3] = [("original", Direction::Original), ("reply", Direction::Reply), ("both", Direction::Both)];

/// `struct xt_connbytes_info`: if `from` is above `to` the sense is inverted.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    from: u64,
    to: u64,
    what: u8,
    direction: u8,
}

impl Extension for Connbytes {
    const NAMES: &'static [&'static str] = &["connbytes"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("connbytes").needed(), Opt::value("connbytes-dir").plain().needed(), Opt::value("connbytes-mode").plain().needed()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then(|| Self {
            low: info.from.min(info.to),
            high: info.from.max(info.to),
            inverted: info.from > info.to,
            what: WHAT.get(usize::from(info.what)).map(|(_, what)| *what),
            direction: DIRECTIONS.get(usize::from(info.direction)).map(|(_, direction)| *direction),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { low: 0, high: 0, inverted: false, what: None, direction: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "connbytes" => {
                let (low, high) = given.ends(u64::MAX)?;
                (self.low, self.high) = (low, high.unwrap_or(u64::MAX));
                if self.low > self.high {
                    return Err(given.bad("a range that begins before its end"));
                }
                // The kernel has no other way to say it.
                self.inverted = given.inverted && self.low != self.high;
            }
            "connbytes-dir" => {
                let found = DIRECTIONS.iter().find(|(name, _)| *name == given.value);
                self.direction = Some(found.ok_or_else(|| given.bad("original, reply or both"))?.1);
            }
            _ => {
                let found = WHAT.iter().find(|(name, _)| *name == given.value);
                self.what = Some(found.ok_or_else(|| given.bad("packets, bytes or avgpkt"))?.1);
            }
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--connbytes", self.low);
        if self.high != 0 && self.high < u64::MAX {
            line.raw(&format!(":{}", self.high));
        }
        let what = WHAT.iter().find(|(_, what)| Some(*what) == self.what);
        line.option(false, "--connbytes-mode", what.map_or("unknown", |(name, _)| name));
        let direction = DIRECTIONS.iter().find(|(_, direction)| Some(*direction) == self.direction);
        line.option(false, "--connbytes-dir", direction.map_or("unknown", |(name, _)| name));
    }
}
