//! `-m dccp` (`dccp_mt`, xt_dccp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    ports::Ports,
    print::Line,
};

/// Ports, type and options of a DCCP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dccp {
    pub source: Option<Ports>,
    pub destination: Option<Ports>,
    /// A bit for each type, and whether it is inverted.
    pub types: Option<(u16, bool)>,
    /// An option of this kind is there; or none.
    pub option: Option<(u8, bool)>,
}

/// Types by number; those from 10 on are one.
const NAMES: [&str; 11] =
    ["REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"];

/// Bits of types 10 to 15.
const INVALID: u16 = 0xfc00;

/// `struct xt_dccp_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    destination: [u16; 2],
    source: [u16; 2],
    asked: u16,
    inverted: u16,
    types: u16,
    option: u8,
}

/// `XT_DCCP_*`.
const SOURCE: u16 = 1;
const DESTINATION: u16 = 2;
const TYPE: u16 = 4;
const OPTION: u16 = 8;

impl Extension for Dccp {
    const NAMES: &'static [&'static str] = &["dccp"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("source-port"),
        Opt::value("sport"),
        Opt::value("destination-port"),
        Opt::value("dport"),
        Opt::value("dccp-types"),
        Opt::value("dccp-option"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read().filter(|_| raw.revision == 0)?;
        let asks = |flag| (info.asked & flag != 0).then_some(info.inverted & flag != 0);
        let ports = |[low, high]: [u16; 2], flag| asks(flag).map(|inverted| Ports { low, high, inverted });
        Some(Self {
            source: ports(info.source, SOURCE),
            destination: ports(info.destination, DESTINATION),
            types: asks(TYPE).map(|inverted| (info.types, inverted)),
            option: asks(OPTION).map(|inverted| (info.option, inverted)),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { source: None, destination: None, types: None, option: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "source-port" | "sport" => self.source = Some(Ports::given(given)?),
            "destination-port" | "dport" => self.destination = Some(Ports::given(given)?),
            "dccp-option" => self.option = Some((given.number(255).ok().filter(|kind| *kind > 0).ok_or_else(|| given.bad("an option"))? as u8, given.inverted)),
            _ => {
                let types = given.value.split(',').filter(|name| !name.is_empty()).try_fold(0, |types, name| {
                    let kind = NAMES.iter().position(|each| each.eq_ignore_ascii_case(name));
                    let bits = kind.map(|kind| if kind == 10 { INVALID } else { 1 << kind });
                    bits.map(|bits| types | bits).ok_or_else(|| format!("--dccp-types: '{name}' is no type of DCCP packet"))
                })?;
                self.types = Some((types, given.inverted));
            }
        }
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(33)
    }

    fn write(&self, line: &mut Line) {
        for (name, ports) in [("--sport", self.source), ("--dport", self.destination)] {
            if let Some(ports) = ports {
                line.option(ports.inverted, name, ports.text());
            }
        }
        if let Some((types, inverted)) = self.types {
            let names = NAMES.iter().enumerate().filter(|(kind, _)| types >> kind & if *kind == 10 { 0x3f } else { 1 } != 0);
            line.option(inverted, "--dccp-types", names.map(|(_, name)| *name).collect::<Vec<_>>().join(","));
        }
        if let Some((option, inverted)) = self.option {
            line.option(inverted, "--dccp-option", option);
        }
    }
}
