//! `-m mh` of ip6tables (`mh_mt6`, ip6t_mh.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::model::IpVersion;
use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    options,
};

/// The type of a message of Mobile IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mh {
    /// Both ends included.
    pub types: (u8, u8),
    pub inverted: bool,
}

/// `struct ip6t_mh`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    types: [u8; 2],
    inverted: u8,
}

/// Types by name and by short name.
const NAMES: [[&str; 2]; 8] = [
    ["binding-refresh-request", "brr"],
    ["home-test-init", "hoti"],
    ["careof-test-init", "coti"],
    ["home-test", "hot"],
    ["careof-test", "cot"],
    ["binding-update", "bu"],
    ["binding-acknowledgement", "ba"],
    ["binding-error", "be"],
];

impl Extension for Mh {
    const NAMES: &'static [&'static str] = &["mh"];
    const OPTIONS: &'static [Opt] = &[Opt::value("mh-type")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision == 0).then_some(Self { types: info.types.into(), inverted: info.inverted & 1 != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { types: (0, u8::MAX), inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let part = |text: &str, default| if text.is_empty() { Some(default) } else { kind(text) };
        let types = match given.value.split_once(':') {
            None => kind(given.value).map(|kind| (kind, kind)),
            Some((low, high)) => part(low, 0).zip(part(high, u8::MAX)).filter(|(low, high)| low <= high),
        };
        (self.types, self.inverted) = (types.ok_or_else(|| given.bad("a type or a range of types"))?, given.inverted);
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(135)
    }

    fn fits(_name: &str, version: IpVersion) -> bool {
        version == IpVersion::V6
    }

    fn write(&self, line: &mut Line) {
        match self.types {
            (0, u8::MAX) => {}
            (low, high) if low == high => line.option(self.inverted, "--mh-type", low),
            (low, high) => line.option(self.inverted, "--mh-type", format_args!("{low}:{high}")),
        }
    }
}

/// `name_to_type`: a name, the beginning of one, or a number. Of several that begin so the whole name goes before the first.
fn kind(text: &str) -> Option<u8> {
    let lower = text.to_ascii_lowercase();
    let named = || (0..).zip(NAMES).flat_map(|(kind, names)| names.map(|name| (kind, name)));
    let whole = named().filter(|(_, name)| *name == lower).last();
    let begun = || named().find(|(_, name)| name.starts_with(&lower));
    match whole.or_else(begun) {
        Some((kind, _)) => Some(kind),
        None => options::number(text).and_then(|number| u8::try_from(number).ok()),
    }
}
