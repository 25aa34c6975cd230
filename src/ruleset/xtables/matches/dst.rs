//! `-m dst` of ip6tables (`hbh_mt6`, ip6t_hbh.c).

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        ip6_options::Options,
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The header of destination options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dst(pub Options);

impl Extension for Dst {
    const NAMES: &'static [&'static str] = &["dst"];
    const OPTIONS: &'static [Opt] = &[Opt::value("dst-len"), Opt::value("dst-opts").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        Options::decode(raw).map(Self)
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.0.option(given)
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        self.0.write(["--dst-len", "--dst-opts"], line);
    }
}
