//! `-m srh` of ip6tables (`srh_mt6`, `srh1_mt6`, ip6t_srh.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    header::Address,
    print,
};

/// The segment routing header of IPv6.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Srh {
    pub next: u8,
    pub length: u8,
    pub left: u8,
    pub last: u8,
    pub tag: u16,
    /// The previous, the next and the last segment: address and mask.
    pub segments: [(u128, u128); 3],
    /// Bits of [`OPTIONS`], in their order: what is asked.
    pub asked: u16,
    /// Those of them that are inverted.
    pub inverted: u16,
}

/// What can be asked (`IP6T_SRH_*`).
const OPTIONS: [&str; 14] = [
    "srh-next-hdr",
    "srh-hdr-len-eq",
    "srh-hdr-len-gt",
    "srh-hdr-len-lt",
    "srh-segs-left-eq",
    "srh-segs-left-gt",
    "srh-segs-left-lt",
    "srh-last-entry-eq",
    "srh-last-entry-gt",
    "srh-last-entry-lt",
    "srh-tag",
    "srh-psid",
    "srh-nsid",
    "srh-lsid",
];

/// `struct ip6t_srh`, `struct ip6t_srh1` up to where they differ.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    next: u8,
    length: u8,
    left: u8,
    last: u8,
    tag: u16,
}

impl Extension for Srh {
    const NAMES: &'static [&'static str] = &["srh"];
    const OPTIONS: &'static [Opt] = &{
        let mut options = [Opt::value(""); OPTIONS.len()];
        let mut at = 0;
        while at < OPTIONS.len() {
            options[at] = Opt::value(OPTIONS[at]);
            at += 1;
        }
        options
    };

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let word = |at: usize| raw.info.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes);
        let address = |at: usize| raw.info.get(8 + 16 * at..24 + 16 * at)?.try_into().ok().map(u128::from_be_bytes);
        let (segments, flags) = match raw.revision {
            0 => ([(0, 0); 3], 6),
            // The structure's addresses are aligned to 4 bytes.
            1 => ([(address(0)?, address(3)?), (address(1)?, address(4)?), (address(2)?, address(5)?)], 104),
            _ => return None,
        };
        Some(Self {
            next: info.next,
            length: info.length,
            left: info.left,
            last: info.last,
            tag: info.tag,
            segments,
            asked: word(flags)?,
            inverted: word(flags + 2)?,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let at = OPTIONS.iter().position(|name| *name == given.name).unwrap_or_default();
        self.asked |= 1 << at;
        self.inverted |= u16::from(given.inverted) << at;
        match at {
            0 => self.next = given.number(255)? as u8,
            1..=3 => self.length = given.number(255)? as u8,
            4..=6 => self.left = given.number(255)? as u8,
            7..=9 => self.last = given.number(255)? as u8,
            10 => self.tag = given.number(u16::MAX.into())? as u16,
            at => self.segments[at - 11] = given.network()?,
        }
        Ok(())
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        for (at, name) in OPTIONS.iter().enumerate().filter(|(at, _)| self.asked & 1 << at != 0) {
            let value = match at {
                0 => self.next.to_string(),
                1..=3 => self.length.to_string(),
                4..=6 => self.left.to_string(),
                7..=9 => self.last.to_string(),
                10 => self.tag.to_string(),
                at => {
                    let (address, mask) = self.segments[at - 11];
                    // `xtables_ip6mask_to_cidr`: -1 where it is no prefix, printed without its sign.
                    let length = Address { address: 0, mask, inverted: false }.prefix(IpVersion::V6).map_or(u32::MAX, u32::from);
                    format!("{}/{length}", print::number(address, IpVersion::V6))
                }
            };
            line.option(self.inverted & 1 << at != 0, &format!("--{name}"), value);
        }
    }
}
