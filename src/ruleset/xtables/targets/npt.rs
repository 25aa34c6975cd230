//! `-j DNPT` and `-j SNPT` (`ip6t_dnpt_tg`, `ip6t_snpt_tg`, ip6t_NPT.c): one IPv6 prefix to another, without connections.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        header::Address,
        options::{Given, Opt, Rule},
        print::{self, Line},
    },
};

/// From one prefix to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Npt {
    /// SNPT; else DNPT.
    pub source: bool,
    /// The prefix that packets have, and its length.
    pub from: (u128, u8),
    /// The prefix that they get, and its length.
    pub to: (u128, u8),
    given: u8,
}

/// `struct ip6t_npt_tginfo`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    from: [u8; 16],
    to: [u8; 16],
    from_length: u8,
    to_length: u8,
}

impl Extension for Npt {
    const NAMES: &'static [&'static str] = &["DNPT", "SNPT"];
    const OPTIONS: &'static [Opt] = &[Opt::value("src-pfx"), Opt::value("dst-pfx")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let prefix = |bytes, length| (u128::from_be_bytes(bytes), length);
        let source = raw.name == "SNPT";
        (raw.revision == 0 && raw.version == IpVersion::V6).then(|| Self {
            source,
            from: prefix(info.from, info.from_length),
            to: prefix(info.to, info.to_length),
            given: 2,
        })
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { source: name == "SNPT", from: (0, 0), to: (0, 0), given: 0 }
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (address, mask) = given.network()?;
        let length = Address { address, mask, inverted: false }.prefix(IpVersion::V6);
        let prefix = (address, length.ok_or_else(|| given.bad("a prefix"))?);
        if given.name == "src-pfx" { self.from = prefix } else { self.to = prefix }
        self.given += 1;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.given < 2 { Err(format!("{} needs --src-pfx and --dst-pfx", self.name())) } else { Ok(()) }
    }

    fn name(&self) -> &str {
        if self.source { "SNPT" } else { "DNPT" }
    }

    fn write(&self, line: &mut Line) {
        for (option, (address, length)) in [("--src-pfx", self.from), ("--dst-pfx", self.to)] {
            if (address, length) != (0, 0) {
                line.option(false, option, format!("{}/{length}", print::number(address, IpVersion::V6)));
            }
        }
    }
}
