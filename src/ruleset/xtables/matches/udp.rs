//! `-m udp` and `-m udplite` (`udp_mt`, xt_tcpudp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    ports::Ports,
    print::Line,
};

/// Ports of a UDP or UDP-Lite packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Udp {
    /// `udplite`.
    pub lite: bool,
    pub source: Ports,
    pub destination: Ports,
}

/// `struct xt_udp`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    source: [u16; 2],
    destination: [u16; 2],
    inverted: u8,
}

/// `XT_UDP_INV_*`.
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;

impl Extension for Udp {
    const NAMES: &'static [&'static str] = &["udp", "udplite"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("source-port"), Opt::value("sport"), Opt::value("destination-port"), Opt::value("dport")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (info, _) = Info::read_from_prefix(raw.info).ok()?;
        let ports = |[low, high]: [u16; 2], flag| Ports { low, high, inverted: info.inverted & flag != 0 };
        (raw.revision == 0).then(|| Self {
            lite: raw.name == "udplite",
            source: ports(info.source, SOURCE),
            destination: ports(info.destination, DESTINATION),
        })
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { lite: name == "udplite", source: Ports::ANY, destination: Ports::ANY }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let ports = Ports::given(given)?;
        match given.name {
            "source-port" | "sport" => self.source = ports,
            _ => self.destination = ports,
        }
        Ok(())
    }

    fn name(&self) -> &str {
        if self.lite { "udplite" } else { "udp" }
    }

    fn protocol(&self) -> Option<u16> {
        Some(if self.lite { 136 } else { 17 })
    }

    fn write(&self, line: &mut Line) {
        self.source.write("--sport", line);
        self.destination.write("--dport", line);
    }
}
