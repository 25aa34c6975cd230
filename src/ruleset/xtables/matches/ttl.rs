//! `-m ttl` and, of IPv6, `-m hl` (`ttl_mt`, `hl_mt6`, xt_hl.c).

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// Time to live, or hop limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ttl {
    pub version: IpVersion,
    pub value: u8,
    /// None before it is given.
    pub how: Option<How>,
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Equal,
    Other,
    Below,
    Above,
}

/// In the kernel's order (`IPT_TTL_*`).
const ALL: [How; 4] = [How::Equal, How::Other, How::Below, How::Above];

impl Extension for Ttl {
    const NAMES: &'static [&'static str] = &["ttl", "hl"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("ttl-eq"),
        Opt::value("ttl"),
        Opt::value("ttl-lt"),
        Opt::value("ttl-gt"),
        Opt::value("hl-eq"),
        Opt::value("hl"),
        Opt::value("hl-lt"),
        Opt::value("hl-gt"),
    ];

    /// `struct ipt_ttl_info`, `struct ip6t_hl_info`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let version = if raw.name == "ttl" { IpVersion::V4 } else { IpVersion::V6 };
        match raw.info {
            [how, value, ..] if raw.revision == 0 => Some(Self { version, value: *value, how: Some(*ALL.get(usize::from(*how))?) }),
            _ => None,
        }
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { version: if name == "ttl" { IpVersion::V4 } else { IpVersion::V6 }, value: 0, how: None }
    }

    fn fits(name: &str, version: IpVersion) -> bool {
        (name == "ttl") == (version == IpVersion::V4)
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if self.how.is_some() || given.name.starts_with("ttl") != (self.version == IpVersion::V4) {
            return Err(format!("-m {} takes one of its own options", self.name()));
        }
        self.value = given.number(255)? as u8;
        self.how = Some(match given.name {
            "ttl-lt" | "hl-lt" => How::Below,
            "ttl-gt" | "hl-gt" => How::Above,
            _ if given.inverted => How::Other,
            _ => How::Equal,
        });
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.how.map(|_| ()).ok_or_else(|| format!("-m {} lacks an option", self.name()))
    }

    fn name(&self) -> &str {
        if self.version == IpVersion::V4 { "ttl" } else { "hl" }
    }

    fn write(&self, line: &mut Line) {
        let (inverted, suffix) = match self.how {
            Some(How::Other) => (true, "eq"),
            Some(How::Below) => (false, "lt"),
            Some(How::Above) => (false, "gt"),
            _ => (false, "eq"),
        };
        line.option(inverted, &format!("--{}-{suffix}", self.name()), self.value);
    }
}
