//! `-j SYNPROXY` (`synproxy_tg4`, `synproxy_tg6`, ipt_SYNPROXY.c, ip6t_SYNPROXY.c): the kernel shakes hands in the server's place.

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What the kernel offers to clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Synproxy {
    /// `NF_SYNPROXY_OPT_*`.
    options: u8,
    wscale: u8,
    mss: u16,
}

const MSS: u8 = 1;
const WSCALE: u8 = 2;
const SACK_PERM: u8 = 4;
const TIMESTAMP: u8 = 8;
const ECN: u8 = 0x10;

impl Extension for Synproxy {
    const NAMES: &'static [&'static str] = &["SYNPROXY"];
    const OPTIONS: &'static [Opt] =
        &[Opt::flag("sack-perm"), Opt::flag("timestamp"), Opt::value("wscale"), Opt::value("mss"), Opt::flag("ecn")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [low, high]: [u16; 2] = raw.read()?;
        let [options, wscale] = low.to_ne_bytes();
        (raw.revision == 0).then_some(Self { options, wscale, mss: high })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.options |= match given.name {
            "sack-perm" => SACK_PERM,
            "timestamp" => TIMESTAMP,
            "wscale" => {
                // iptables cuts a larger number off.
                self.wscale = given.number(u32::MAX.into())? as u8;
                WSCALE
            }
            "mss" => {
                self.mss = given.number(u32::MAX.into())? as u16;
                MSS
            }
            _ => ECN,
        };
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        for (flag, option, value) in [
            (SACK_PERM, "--sack-perm", None),
            (TIMESTAMP, "--timestamp", None),
            (WSCALE, "--wscale", Some(u16::from(self.wscale))),
            (MSS, "--mss", Some(self.mss)),
            (ECN, "--ecn", None),
        ] {
            match value {
                _ if self.options & flag == 0 => {}
                Some(value) => line.option(false, option, value),
                None => line.flag(false, option),
            }
        }
    }
}
