//! `-m eui64`, of IPv6 only (`eui64_mt6`, ip6t_eui64.c).

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The source address ends with the sender's hardware address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eui64;

impl Extension for Eui64 {
    const NAMES: &'static [&'static str] = &["eui64"];
    const OPTIONS: &'static [Opt] = &[];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        (raw.revision == 0).then_some(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        Err(format!("eui64 has no option --{}", given.name))
    }

    fn write(&self, _line: &mut Line) {}
}
