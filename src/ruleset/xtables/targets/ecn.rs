//! `-j ECN` (`ecn_tg`, ipt_ECN.c): sets bits of explicit congestion notification, of IPv4 and of TCP.

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// What is set, each bit by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ecn {
    pub ece: Option<bool>,
    pub cwr: Option<bool>,
    /// The two bits of the IPv4 header.
    pub ip: Option<u8>,
}

/// `IPT_ECN_OP_SET_*`.
const IP: u8 = 1;
const ECE: u8 = 0x10;
const CWR: u8 = 0x20;

impl Extension for Ecn {
    const NAMES: &'static [&'static str] = &["ECN"];
    const OPTIONS: &'static [Opt] =
        &[Opt::flag("ecn-tcp-remove"), Opt::value("ecn-tcp-cwr"), Opt::value("ecn-tcp-ece"), Opt::value("ecn-ip-ect")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let [operation, ip, tcp]: [u8; 3] = raw.read()?;
        (raw.revision == 0).then(|| Self {
            ece: (operation & ECE != 0).then_some(tcp & 1 != 0),
            cwr: (operation & CWR != 0).then_some(tcp & 2 != 0),
            ip: (operation & IP != 0).then_some(ip),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V4
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "ecn-tcp-remove" => (self.ece, self.cwr) = (Some(false), Some(false)),
            "ecn-tcp-cwr" => self.cwr = Some(given.number(1)? != 0),
            "ecn-tcp-ece" => self.ece = Some(given.number(1)? != 0),
            _ => self.ip = Some(given.number(3)? as u8),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if *self == Self::default() { Err("ECN lacks what to set".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        if (self.ece, self.cwr, self.ip) == (Some(false), Some(false), None) {
            return line.flag(false, "--ecn-tcp-remove");
        }
        for (option, bit) in [("--ecn-tcp-ece", self.ece), ("--ecn-tcp-cwr", self.cwr)] {
            if let Some(bit) = bit {
                line.option(false, option, u8::from(bit));
            }
        }
        if let Some(ip) = self.ip {
            line.option(false, "--ecn-ip-ect", ip);
        }
    }
}
