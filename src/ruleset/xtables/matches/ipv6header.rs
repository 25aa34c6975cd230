//! `-m ipv6header` of ip6tables (`ipv6header_mt6`, ip6t_ipv6header.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Which headers the packet has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipv6header {
    /// Bits of [`HEADERS`].
    pub headers: u8,
    pub inverted: bool,
    /// Others may be there, too.
    pub soft: bool,
}

/// `struct ip6t_ipv6header_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    headers: u8,
    inverted: u8,
    soft: u8,
}

/// Headers by protocol, the bit of each (`MASK_*`), the name that is printed, and those that are read.
pub const HEADERS: [(u8, u8, &str, &[&str]); 8] = [
    (0, 128, "hop-by-hop", &["hop", "hopopt", "ip"]),
    (60, 64, "ipv6-opts", &["dst"]),
    (43, 32, "ipv6-route", &["route"]),
    (44, 16, "ipv6-frag", &["frag"]),
    (51, 8, "ah", &["auth"]),
    (50, 4, "esp", &[]),
    (59, 2, "ipv6-nonxt", &["none"]),
    (255, 1, "protocol", &["prot"]),
];

impl Extension for Ipv6header {
    const NAMES: &'static [&'static str] = &["ipv6header"];
    const OPTIONS: &'static [Opt] = &[Opt::value("header").needed(), Opt::flag("soft").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self { headers: info.headers, inverted: info.inverted != 0, soft: info.soft != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { headers: 0, inverted: false, soft: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.name == "soft" {
            self.soft = true;
            return Ok(());
        }
        let one = |text: &str| {
            let is = |(protocol, _, name, others): &&(u8, u8, &str, &[&str])| {
                *name == text || others.contains(&text) || text.parse() == Ok(*protocol)
            };
            HEADERS.iter().find(is).map(|(_, bit, ..)| *bit)
        };
        let names = given.value.split(',').filter(|name| !name.is_empty());
        let headers = names.map(one).try_fold(0, |all, bit| Some(all | bit?)).filter(|headers| *headers != 0);
        (self.headers, self.inverted) = (headers.ok_or_else(|| given.bad("a list of headers"))?, given.inverted);
        Ok(())
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        let names: Vec<_> = HEADERS.iter().filter(|(_, bit, ..)| self.headers & bit != 0).map(|(_, _, name, _)| *name).collect();
        line.option(self.inverted, "--header", if names.is_empty() { "NONE".to_owned() } else { names.join(",") });
        if self.soft {
            line.flag(false, "--soft");
        }
    }
}
