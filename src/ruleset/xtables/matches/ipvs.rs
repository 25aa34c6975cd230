//! `-m ipvs` (`ipvs_mt`, xt_ipvs.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    header::{Address, mask, width},
    options::{self, Given, Opt, Rule},
    ports::port,
    print::{self, Line, protocol},
};

/// The packet belongs to a connection of IPVS, and what that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipvs {
    /// Bits of [`PROPERTY`] and its kin: what is asked, and what of it is inverted.
    pub asked: u8,
    pub inverted: u8,
    pub protocol: u8,
    pub address: (u128, u128),
    pub port: u16,
    /// `IP_VS_CONN_F_*`.
    pub method: u8,
    pub controlling_port: u16,
}

/// `XT_IPVS_*`; the direction inverted is that of replies.
pub const PROPERTY: u8 = 1;
const PROTOCOL: u8 = 2;
const ADDRESS: u8 = 4;
const PORT: u8 = 8;
const DIRECTION: u8 = 16;
const METHOD: u8 = 32;
const CONTROLLING_PORT: u8 = 64;

/// `IP_VS_CONN_F_DROUTE`, `_TUNNEL`, `_MASQ`.
const METHODS: [(&str, u8); 3] = [("GATE", 3), ("IPIP", 2), ("MASQ", 0)];

/// `struct xt_ipvs_mtinfo`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    address: [u8; 16],
    mask: [u8; 16],
    port: [u8; 2],
    protocol: u8,
    method: u8,
    controlling_port: [u8; 2],
    inverted: u8,
    asked: u8,
}

impl Extension for Ipvs {
    const NAMES: &'static [&'static str] = &["ipvs"];
    const OPTIONS: &'static [Opt] = &[
        Opt::flag("ipvs"),
        Opt::value("vproto"),
        Opt::value("vaddr"),
        Opt::value("vport"),
        Opt::value("vdir").plain(),
        Opt::value("vmethod"),
        Opt::value("vportctl"),
    ];
    const NEEDS_OPTION: bool = true;

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let address = |bytes: [u8; 16]| u128::from_be_bytes(bytes) >> (128 - u32::from(width(raw.version)));
        (raw.revision == 0).then(|| Self {
            asked: info.asked,
            inverted: info.inverted,
            protocol: info.protocol,
            address: (address(info.address), address(info.mask)),
            port: u16::from_be_bytes(info.port),
            method: info.method,
            controlling_port: u16::from_be_bytes(info.controlling_port),
        })
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        let whole = mask(width(rule.version), rule.version);
        Self { asked: 0, inverted: 0, protocol: 0, address: (0, whole), port: 0, method: 0, controlling_port: 0 }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let a_port = || port(given.value).ok_or_else(|| given.bad("a port"));
        let bit = match given.name {
            "ipvs" => PROPERTY,
            "vproto" => {
                let number = options::number(given.value).and_then(|number| u16::try_from(number).ok());
                let number = number.or_else(|| protocol::number(given.value)).and_then(|number| u8::try_from(number).ok());
                self.protocol = number.ok_or_else(|| given.bad("a protocol"))?;
                PROTOCOL
            }
            "vaddr" => {
                self.address = given.network()?;
                ADDRESS
            }
            "vport" => {
                self.port = a_port()?;
                PORT
            }
            "vdir" => {
                match given.value.to_ascii_uppercase().as_str() {
                    "ORIGINAL" => self.inverted &= !DIRECTION,
                    "REPLY" => self.inverted |= DIRECTION,
                    _ => return Err(given.bad("ORIGINAL or REPLY")),
                }
                DIRECTION
            }
            "vmethod" => {
                let method = METHODS.iter().find(|(name, _)| name.eq_ignore_ascii_case(given.value));
                self.method = method.ok_or_else(|| given.bad("GATE, IPIP or MASQ"))?.1;
                METHOD
            }
            _ => {
                self.controlling_port = a_port()?;
                CONTROLLING_PORT
            }
        };
        self.asked |= bit;
        self.inverted |= if given.inverted { bit } else { 0 };
        Ok(())
    }

    /// `ipvs_mt_check`: everything else asks for a connection of IPVS, too.
    fn complete(&mut self) -> Result<(), String> {
        if self.asked & !PROPERTY != 0 {
            if self.inverted & PROPERTY != 0 {
                return Err("! --ipvs can't stand beside other options".into());
            }
            self.asked |= PROPERTY;
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        let asks = |bit| self.asked & bit != 0;
        let inverted = |bit| self.inverted & bit != 0;
        if self.asked == PROPERTY {
            line.flag(inverted(PROPERTY), "--ipvs");
        }
        if asks(PROTOCOL) {
            line.option(inverted(PROTOCOL), "--vproto", self.protocol);
        }
        if asks(ADDRESS) {
            let address = Address { address: self.address.0, mask: self.address.1, inverted: false };
            line.option(inverted(ADDRESS), "--vaddr", print::masked_address(&address, line.version));
        }
        if asks(PORT) {
            line.option(inverted(PORT), "--vport", self.port);
        }
        if asks(DIRECTION) {
            line.option(false, "--vdir", if inverted(DIRECTION) { "REPLY" } else { "ORIGINAL" });
        }
        if asks(METHOD) {
            let method = METHODS.iter().find(|(_, method)| *method == self.method).map_or("UNKNOWN", |(name, _)| name);
            line.option(inverted(METHOD), "--vmethod", method);
        }
        if asks(CONTROLLING_PORT) {
            line.option(inverted(CONTROLLING_PORT), "--vportctl", self.controlling_port);
        }
    }
}
