//! `-m physdev` (`physdev_mt`, xt_physdev.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    header::{Interface, NAME},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The ports of a bridge that a frame takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Physdev {
    /// Each: true if it is inverted.
    pub is_incoming: Option<bool>,
    pub is_outgoing: Option<bool>,
    pub is_bridged: Option<bool>,
    pub incoming: Option<Interface>,
    pub outgoing: Option<Interface>,
}

/// `struct xt_physdev_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    incoming: [[u8; NAME]; 2],
    outgoing: [[u8; NAME]; 2],
    inverted: u8,
    asked: u8,
}

/// `XT_PHYSDEV_OP_*`.
const INCOMING: u8 = 1;
const OUTGOING: u8 = 2;
const IS_BRIDGED: u8 = 4;
const IS_INCOMING: u8 = 8;
const IS_OUTGOING: u8 = 16;

impl Extension for Physdev {
    const NAMES: &'static [&'static str] = &["physdev"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("physdev-in"),
        Opt::value("physdev-out"),
        Opt::flag("physdev-is-in"),
        Opt::flag("physdev-is-out"),
        Opt::flag("physdev-is-bridged"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read().filter(|_| raw.revision == 0)?;
        let asks = |flag| (info.asked & flag != 0).then_some(info.inverted & flag != 0);
        let interface = |[name, mask]: [[u8; NAME]; 2], flag| asks(flag).map(|inverted| Interface { name, mask, inverted });
        Some(Self {
            is_incoming: asks(IS_INCOMING),
            is_outgoing: asks(IS_OUTGOING),
            is_bridged: asks(IS_BRIDGED),
            incoming: interface(info.incoming, INCOMING),
            outgoing: interface(info.outgoing, OUTGOING),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { is_incoming: None, is_outgoing: None, is_bridged: None, incoming: None, outgoing: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let interface = || Interface::from_text(given.value, given.inverted).ok_or_else(|| given.bad("a name of an interface"));
        match given.name {
            "physdev-in" => self.incoming = Some(interface()?),
            "physdev-out" => self.outgoing = Some(interface()?),
            "physdev-is-in" => self.is_incoming = Some(given.inverted),
            "physdev-is-out" => self.is_outgoing = Some(given.inverted),
            _ => self.is_bridged = Some(given.inverted),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if *self == Self::start("physdev", &Rule { version: crate::model::IpVersion::V4, protocol: None }) {
            Err("physdev lacks an option".to_owned())
        } else {
            Ok(())
        }
    }

    fn write(&self, line: &mut Line) {
        let flag = |line: &mut Line, name: &str, asked: Option<bool>| asked.into_iter().for_each(|inverted| line.flag(inverted, name));
        let option = |line: &mut Line, name: &str, interface: Option<Interface>| {
            interface.into_iter().for_each(|each| line.option(each.inverted, name, each.text()));
        };
        flag(line, "--physdev-is-in", self.is_incoming);
        option(line, "--physdev-in", self.incoming);
        flag(line, "--physdev-is-out", self.is_outgoing);
        option(line, "--physdev-out", self.outgoing);
        flag(line, "--physdev-is-bridged", self.is_bridged);
    }
}
