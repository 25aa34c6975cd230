//! `-m pkttype` (`pkttype_mt`, xt_pkttype.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// Whom the packet's frame was addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkttype {
    /// `PACKET_*`.
    pub kind: Option<i32>,
    pub inverted: bool,
}

/// Names, the one that is printed first.
const NAMES: [(&str, i32); 7] =
    [("unicast", 0), ("broadcast", 1), ("multicast", 2), ("otherhost", 3), ("bcast", 1), ("mcast", 2), ("host", 0)];

/// `struct xt_pkttype_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    kind: i32,
    invert: i32,
}

impl Extension for Pkttype {
    const NAMES: &'static [&'static str] = &["pkttype"];
    const OPTIONS: &'static [Opt] = &[Opt::value("pkt-type")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let Info { kind, invert } = raw.read()?;
        (raw.revision == 0).then_some(Self { kind: Some(kind), inverted: invert != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { kind: None, inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let found = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(given.value));
        self.kind = Some(found.ok_or_else(|| given.bad("a type of packet: unicast, broadcast, multicast or otherhost"))?.1);
        self.inverted = given.inverted;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.kind.map(|_| ()).ok_or_else(|| "pkttype lacks --pkt-type".to_owned())
    }

    fn write(&self, line: &mut Line) {
        let kind = self.kind.unwrap_or_default();
        match NAMES.iter().find(|(_, each)| *each == kind) {
            Some((name, _)) => line.option(self.inverted, "--pkt-type", name),
            None => line.option(self.inverted, "--pkt-type", kind),
        }
    }
}
