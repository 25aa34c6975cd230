//! `-m realm`, of IPv4 only (`realm_mt`, xt_realm.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{model::IpVersion, ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::{self, Line},
}};

/// The realm of the packet's route, under a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realm {
    /// Realm and mask.
    pub realm: Option<(u32, u32)>,
    pub inverted: bool,
}

/// `struct xt_realm_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    id: u32,
    mask: u32,
    invert: u8,
}

/// What /etc/iproute2/rt_realms calls realm 0.
const ZERO: &str = "cosmos";

impl Extension for Realm {
    const NAMES: &'static [&'static str] = &["realm"];
    const OPTIONS: &'static [Opt] = &[Opt::value("realm")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { id, mask, invert } = raw.read()?;
        (raw.revision == 0).then_some(Self { realm: Some((id, mask)), inverted: invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { realm: None, inverted: false }
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V4
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        (self.realm, self.inverted) = (Some(given.named(ZERO)?), given.inverted);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.realm.map(|_| ()).ok_or_else(|| "realm lacks --realm".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let (id, mask) = self.realm.unwrap_or_default();
        line.option(self.inverted, "--realm", print::named(id, mask, ZERO));
    }
}
