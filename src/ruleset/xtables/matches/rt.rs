//! `-m rt` of ip6tables (`rt_mt6`, ip6t_rt.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    options,
    print,
};

/// The routing header of IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rt {
    pub kind: Option<u32>,
    pub kind_inverted: bool,
    /// Segments left, both ends included.
    pub left: (u32, u32),
    pub left_inverted: bool,
    /// Bytes of the header.
    pub length: Option<u32>,
    pub length_inverted: bool,
    /// The reserved field of type 0 is 0.
    pub reserved: bool,
    /// Addresses of type 0, in this order.
    pub addresses: Option<Vec<u128>>,
    /// Others may stand between them.
    pub loose: bool,
}

/// `IP6T_RT_HOPS`.
const MOST: usize = 16;

/// `struct ip6t_rt`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    kind: u32,
    left: [u32; 2],
    length: u32,
    flags: u8,
    inverted: u8,
    padding: [u8; 2],
    addresses: [[u8; 16]; MOST],
    count: u8,
}

/// `IP6T_RT_*`.
const KIND: u8 = 1;
const LEFT: u8 = 2;
const LENGTH: u8 = 4;
const RESERVED: u8 = 8;
const ADDRESSES: u8 = 16;
const LOOSE: u8 = 32;

impl Extension for Rt {
    const NAMES: &'static [&'static str] = &["rt"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("rt-type"),
        Opt::value("rt-segsleft"),
        Opt::value("rt-len"),
        Opt::flag("rt-0-res").plain(),
        Opt::value("rt-0-addrs").plain(),
        Opt::flag("rt-0-not-strict").plain(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let addresses = info.addresses.get(..info.count.into())?.iter().map(|address| u128::from_be_bytes(*address)).collect();
        (raw.revision == 0).then_some(Self {
            kind: (info.flags & KIND != 0).then_some(info.kind),
            kind_inverted: info.inverted & KIND != 0,
            left: info.left.into(),
            left_inverted: info.inverted & LEFT != 0,
            length: (info.flags & LENGTH != 0).then_some(info.length),
            length_inverted: info.inverted & LENGTH != 0,
            reserved: info.flags & RESERVED != 0,
            addresses: (info.flags & ADDRESSES != 0).then_some(addresses),
            loose: info.flags & LOOSE != 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self {
            kind: None,
            kind_inverted: false,
            left: (0, u32::MAX),
            left_inverted: false,
            length: None,
            length_inverted: false,
            reserved: false,
            addresses: None,
            loose: false,
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let of_type_0 = |wanted: &Self| match wanted.kind {
            Some(0) if !wanted.kind_inverted => Ok(()),
            _ => Err(format!("--{} needs --rt-type 0 before it", given.name)),
        };
        match given.name {
            "rt-type" => (self.kind, self.kind_inverted) = (Some(given.word()?), given.inverted),
            "rt-segsleft" => {
                let (low, high) = given.ends(u32::MAX.into())?;
                (self.left, self.left_inverted) = ((low as u32, high.unwrap_or(low) as u32), given.inverted);
            }
            "rt-len" => (self.length, self.length_inverted) = (Some(given.word()?), given.inverted),
            "rt-0-res" => {
                of_type_0(self)?;
                self.reserved = true;
            }
            "rt-0-addrs" => {
                of_type_0(self)?;
                let addresses = given.value.split(',').map(|text| options::address(text, IpVersion::V6)).collect::<Option<Vec<_>>>();
                let addresses = addresses.filter(|addresses| addresses.len() <= MOST);
                self.addresses = Some(addresses.ok_or_else(|| given.bad("a list of at most 16 addresses"))?);
            }
            _ if self.addresses.is_none() => return Err("--rt-0-not-strict needs --rt-0-addrs before it".into()),
            _ => self.loose = true,
        }
        Ok(())
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        if let Some(kind) = self.kind {
            line.option(self.kind_inverted, "--rt-type", kind);
        }
        print::numbers(self.left, self.left_inverted, "--rt-segsleft", line);
        if let Some(length) = self.length {
            line.option(self.length_inverted, "--rt-len", length);
        }
        if self.reserved {
            line.flag(false, "--rt-0-res");
        }
        if let Some(addresses) = &self.addresses {
            let text = addresses.iter().map(|address| print::number(*address, IpVersion::V6));
            line.option(false, "--rt-0-addrs", text.collect::<Vec<_>>().join(","));
        }
        if self.loose {
            line.flag(false, "--rt-0-not-strict");
        }
    }
}
