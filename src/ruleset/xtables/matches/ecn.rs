//! `-m ecn` (`ecn_mt4`, `ecn_mt6`, xt_ecn.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Explicit congestion notification, in the IP header and in TCP's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecn {
    /// Code point, and whether it is inverted.
    pub ip: Option<(u8, bool)>,
    /// The flag is set; true if it must not be.
    pub ece: Option<bool>,
    pub cwr: Option<bool>,
}

/// `XT_ECN_OP_MATCH_*`.
const IP: u8 = 0x01;
const ECE: u8 = 0x10;
const CWR: u8 = 0x20;

impl Extension for Ecn {
    const NAMES: &'static [&'static str] = &["ecn"];
    const OPTIONS: &'static [Opt] = &[Opt::flag("ecn-tcp-cwr"), Opt::flag("ecn-tcp-ece"), Opt::value("ecn-ip-ect")];

    /// `struct xt_ecn_info`.
    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [asked, inverted, ect, ..] = *raw.info else { return None };
        let flag = |flag| (asked & flag != 0).then_some(inverted & flag != 0);
        (raw.revision == 0).then(|| Self { ip: flag(IP).map(|inverted| (ect, inverted)), ece: flag(ECE), cwr: flag(CWR) })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { ip: None, ece: None, cwr: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "ecn-ip-ect" => self.ip = Some((given.number(3)? as u8, given.inverted)),
            _ if given.rule.protocol != Some(6) => return Err(format!("--{} needs -p tcp", given.name)),
            "ecn-tcp-ece" => self.ece = Some(given.inverted),
            _ => self.cwr = Some(given.inverted),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let asks = self.ip.is_some() || self.ece.is_some() || self.cwr.is_some();
        if asks { Ok(()) } else { Err("ecn lacks an option".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        if let Some(inverted) = self.ece {
            line.flag(inverted, "--ecn-tcp-ece");
        }
        if let Some(inverted) = self.cwr {
            line.flag(inverted, "--ecn-tcp-cwr");
        }
        if let Some((ect, inverted)) = self.ip {
            line.option(inverted, "--ecn-ip-ect", ect);
        }
    }
}
