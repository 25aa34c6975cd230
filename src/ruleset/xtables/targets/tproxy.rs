//! `-j TPROXY` (`tproxy_tg4_v0`, `tproxy_tg4_v1`, `tproxy_tg6_v1`, xt_TPROXY.c): hands packets to a transparent proxy of this host.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        extension::{Extension, Raw},
        header::width,
        options::{Given, Opt, Rule},
        ports::port,
        print::{self, Line},
    },
};

/// The proxy, and the mark that routes packets to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tproxy {
    /// 0 for the port that packets have.
    pub port: Option<u16>,
    /// 0 for the address of the interface.
    pub address: u128,
    pub mark: u32,
    pub mask: u32,
}

/// `struct xt_tproxy_target_info`, in the order of which the mask comes first.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    mask: u32,
    mark: u32,
    address: [u8; 4],
    port: [u8; 2],
}

/// `struct xt_tproxy_target_info_v1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    mask: u32,
    mark: u32,
    address: [u8; 16],
    port: [u8; 2],
}

impl Extension for Tproxy {
    const NAMES: &'static [&'static str] = &["TPROXY"];
    const OPTIONS: &'static [Opt] = &[Opt::value("on-port"), Opt::value("on-ip"), Opt::value("tproxy-mark")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (mask, mark, address, port) = match raw.revision {
            0 if raw.version == IpVersion::V4 => {
                let info: Info0 = raw.read()?;
                (info.mask, info.mark, u32::from_be_bytes(info.address).into(), info.port)
            }
            1 => {
                let info: Info1 = raw.read()?;
                (info.mask, info.mark, u128::from_be_bytes(info.address) >> (128 - u32::from(width(raw.version))), info.port)
            }
            _ => return None,
        };
        Some(Self { port: Some(u16::from_be_bytes(port)), address, mark, mask })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { port: None, address: 0, mark: 0, mask: 0 }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "on-port" => self.port = Some(port(given.value).ok_or_else(|| given.bad("a port"))?),
            "on-ip" => self.address = given.address()?,
            _ => (self.mark, self.mask) = given.masked()?,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.port.map_or(Err("TPROXY lacks --on-port".to_owned()), |_| Ok(()))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--on-port", self.port.unwrap_or_default());
        line.option(false, "--on-ip", print::number(self.address, line.version));
        line.option(false, "--tproxy-mark", format!("{:#x}/{:#x}", self.mark, self.mask));
    }
}
