//! `-m hbh` of ip6tables (`hbh_mt6`, ip6t_hbh.c).

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        ip6_options::Options,
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// The header of hop-by-hop options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hbh(pub Options);

impl Extension for Hbh {
    const NAMES: &'static [&'static str] = &["hbh"];
    const OPTIONS: &'static [Opt] = &[Opt::value("hbh-len"), Opt::value("hbh-opts").plain()];

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
        self.0.write(["--hbh-len", "--hbh-opts"], line);
    }
}
