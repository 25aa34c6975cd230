//! What is kept with an element beside its key: time left, counters, comment, what the SET target gives to packets.

use std::fmt;

use super::{
    decode::Table,
    part::{Part, number},
};

/// `IPSET_ATTR_*` of an element.
mod attr {
    pub const TIMEOUT: u16 = 6;
    pub const CADT_FLAGS: u16 = 8;
    pub const BYTES: u16 = 24;
    pub const PACKETS: u16 = 25;
    pub const COMMENT: u16 = 26;
    pub const SKBMARK: u16 = 27;
    pub const SKBPRIO: u16 = 28;
    pub const SKBQUEUE: u16 = 29;
}

/// `IPSET_FLAG_NOMATCH`.
const NOMATCH: u32 = 1 << 2;

/// Extensions of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Seconds left when it was read; 0: it stays.
    pub timeout: Option<u32>,
    /// An exception: what lies in it is not in the set.
    pub nomatch: bool,
    pub packets: Option<u64>,
    pub bytes: Option<u64>,
    pub comment: Option<String>,
    /// Mark and mask.
    pub mark: Option<(u32, u32)>,
    /// Class: major and minor number.
    pub priority: Option<u32>,
    pub queue: Option<u16>,
}

impl Extensions {
    /// From the attributes of an element; none if one cannot be read.
    pub(super) fn decode(table: &Table<'_>) -> Option<Self> {
        let mark = table.be64(attr::SKBMARK)?;
        Some(Self {
            timeout: table.be32(attr::TIMEOUT)?,
            nomatch: table.be32(attr::CADT_FLAGS)?.unwrap_or_default() & NOMATCH != 0,
            packets: table.be64(attr::PACKETS)?,
            bytes: table.be64(attr::BYTES)?,
            comment: table.text(attr::COMMENT),
            mark: mark.map(|both| ((both >> 32) as u32, both as u32)),
            priority: table.be32(attr::SKBPRIO)?,
            queue: table.be16(attr::SKBQUEUE)?,
        })
    }

    /// None if nothing is kept.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// Writes them, each with a space before it, in the order of `ipset save`. The key tells whether its interface is a wildcard, which is
    /// written among them.
    pub(super) fn print(&self, key: &[Part], out: &mut impl fmt::Write) -> fmt::Result {
        if let Some(seconds) = self.timeout {
            write!(out, " timeout {seconds}")?;
        }
        if self.nomatch {
            out.write_str(" nomatch")?;
        }
        if key.iter().any(Part::is_wildcard) {
            out.write_str(" wildcard")?;
        }
        if let Some(packets) = self.packets {
            write!(out, " packets {packets}")?;
        }
        if let Some(bytes) = self.bytes {
            write!(out, " bytes {bytes}")?;
        }
        if let Some(comment) = &self.comment {
            write!(out, " comment \"{comment}\"")?;
        }
        match self.mark {
            None => {}
            Some((mark, u32::MAX)) => write!(out, " skbmark {mark:#x}")?,
            Some((mark, mask)) => write!(out, " skbmark {mark:#x}/{mask:#x}")?,
        }
        if let Some(priority) = self.priority {
            write!(out, " skbprio {:x}:{:x}", priority >> 16, priority & 0xffff)?;
        }
        if let Some(queue) = self.queue {
            write!(out, " skbqueue {queue}")?;
        }
        Ok(())
    }

    /// Takes an extension with its value from a text; `Ok(false)` if it has no value of its own.
    pub(super) fn parse(&mut self, word: &str, value: Option<&str>) -> Result<bool, String> {
        if word == "nomatch" {
            self.nomatch = true;
            return Ok(false);
        }
        let value = value.ok_or_else(|| format!("{word} lacks its value"))?;
        match word {
            "timeout" => self.timeout = Some(number::unsigned(value)?),
            "packets" => self.packets = Some(number::unsigned(value)?),
            "bytes" => self.bytes = Some(number::unsigned(value)?),
            "comment" => self.comment = Some(value.to_owned()),
            "skbmark" => {
                let (mark, mask) = value.split_once('/').unwrap_or((value, "0xffffffff"));
                self.mark = Some((number::unsigned(mark)?, number::unsigned(mask)?));
            }
            "skbprio" => {
                let digits = |text: &str| u16::from_str_radix(text, 16).map_err(|_| format!("{value} is no class MAJOR:MINOR"));
                let (major, minor) = value.split_once(':').ok_or_else(|| format!("{value} is no class MAJOR:MINOR"))?;
                self.priority = Some(u32::from(digits(major)?) << 16 | u32::from(digits(minor)?));
            }
            "skbqueue" => self.queue = Some(number::unsigned(value)?),
            other => return Err(format!("{other} is nothing that an element has")),
        }
        Ok(true)
    }
}
