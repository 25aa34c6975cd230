//! `-m devgroup` (`devgroup_mt`, xt_devgroup.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
};

/// The groups of the packet's interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Devgroup {
    pub incoming: Option<Group>,
    pub outgoing: Option<Group>,
}

/// A group of interfaces, under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub group: u32,
    pub mask: u32,
    pub inverted: bool,
}

/// `struct xt_devgroup_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    flags: u32,
    incoming: [u32; 2],
    outgoing: [u32; 2],
}

/// `XT_DEVGROUP_*`.
const INCOMING: u32 = 1;
const INCOMING_INVERTED: u32 = 2;
const OUTGOING: u32 = 4;
const OUTGOING_INVERTED: u32 = 8;

/// What /etc/iproute2/group calls group 0.
const ZERO: &str = "default";

impl Extension for Devgroup {
    const NAMES: &'static [&'static str] = &["devgroup"];
    const OPTIONS: &'static [Opt] = &[Opt::value("src-group"), Opt::value("dst-group")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { flags, incoming, outgoing } = raw.read().filter(|_| raw.revision == 0)?;
        let group = |[group, mask]: [u32; 2], asked, inverted| {
            (flags & asked != 0).then_some(Group { group, mask, inverted: flags & inverted != 0 })
        };
        Some(Self { incoming: group(incoming, INCOMING, INCOMING_INVERTED), outgoing: group(outgoing, OUTGOING, OUTGOING_INVERTED) })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { incoming: None, outgoing: None }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (group, mask) = given.named(ZERO)?;
        let group = Some(Group { group, mask, inverted: given.inverted });
        match given.name {
            "src-group" => self.incoming = group,
            _ => self.outgoing = group,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let asks = self.incoming.is_some() || self.outgoing.is_some();
        if asks { Ok(()) } else { Err("devgroup lacks --src-group or --dst-group".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        for (name, group) in [("--src-group", self.incoming), ("--dst-group", self.outgoing)] {
            if let Some(Group { group, mask, inverted }) = group {
                line.option(inverted, name, print::named(group, mask, ZERO));
            }
        }
    }
}
