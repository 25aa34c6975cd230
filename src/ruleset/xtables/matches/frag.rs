//! `-m frag` of ip6tables (`frag_mt6`, ip6t_frag.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    print,
};

/// The fragment header of IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frag {
    /// Identifications, both ends included.
    pub ids: (u32, u32),
    pub ids_inverted: bool,
    /// `--fraglen`, which the kernel does not look at, but for its inversion.
    pub length: Option<u32>,
    pub length_inverted: bool,
    /// The reserved bits are 0.
    pub reserved: bool,
    pub first: bool,
    pub more: bool,
    pub last: bool,
}

/// `struct ip6t_frag`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    ids: [u32; 2],
    length: u32,
    flags: u8,
    inverted: u8,
}

/// `IP6T_FRAG_*`.
const LENGTH: u8 = 2;
const RESERVED: u8 = 4;
const FIRST: u8 = 8;
const MORE: u8 = 16;
const LAST: u8 = 32;
const INVERTED_IDS: u8 = 1;
const INVERTED_LENGTH: u8 = 2;

impl Extension for Frag {
    const NAMES: &'static [&'static str] = &["frag"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("fragid"),
        Opt::value("fraglen"),
        Opt::flag("fragres").plain(),
        Opt::flag("fragfirst").plain(),
        Opt::flag("fragmore").plain().excludes(&["fraglast"]),
        Opt::flag("fraglast").plain().excludes(&["fragmore"]),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self {
            ids: info.ids.into(),
            ids_inverted: info.inverted & INVERTED_IDS != 0,
            length: (info.flags & LENGTH != 0).then_some(info.length),
            length_inverted: info.inverted & INVERTED_LENGTH != 0,
            reserved: info.flags & RESERVED != 0,
            first: info.flags & FIRST != 0,
            more: info.flags & MORE != 0,
            last: info.flags & LAST != 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self {
            ids: (0, u32::MAX),
            ids_inverted: false,
            length: None,
            length_inverted: false,
            reserved: false,
            first: false,
            more: false,
            last: false,
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "fragid" => {
                let (low, high) = given.ends(u32::MAX.into())?;
                (self.ids, self.ids_inverted) = ((low as u32, high.unwrap_or(low) as u32), given.inverted);
            }
            "fraglen" => (self.length, self.length_inverted) = (Some(given.word()?), given.inverted),
            "fragres" => self.reserved = true,
            "fragfirst" => self.first = true,
            "fragmore" => self.more = true,
            _ => self.last = true,
        }
        Ok(())
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        print::numbers(self.ids, self.ids_inverted, "--fragid", line);
        if let Some(length) = self.length {
            line.option(self.length_inverted, "--fraglen", length);
        }
        for (there, name) in
            [(self.reserved, "--fragres"), (self.first, "--fragfirst"), (self.more, "--fragmore"), (self.last, "--fraglast")]
        {
            if there {
                line.flag(false, name);
            }
        }
    }
}
