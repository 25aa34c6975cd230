//! `-m policy` (`policy_mt`, xt_policy.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::{IpVersion, bits::number},
    ruleset::{
        protocols,
        xtables::{
            extension::{Extension, Raw},
            header::Address,
            options::{self, Given, Opt, Rule},
            print::{self, Line, protocol},
        },
    },
};

/// How IPsec protected, or will protect, the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `--dir in`; none before it is given.
    pub incoming: Option<bool>,
    /// `--pol none`: not at all.
    pub none: bool,
    /// All of the elements, in order, and no other.
    pub strict: bool,
    pub elements: Vec<Element>,
}

/// What is asked of one transformation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    pub request: Option<(u32, bool)>,
    pub spi: Option<(u32, bool)>,
    pub protocol: Option<(u8, bool)>,
    /// Tunnel, else transport.
    pub tunnel: Option<(bool, bool)>,
    pub destination: Option<Address>,
    pub source: Option<Address>,
}

/// `XT_POLICY_MAX_ELEM`.
const MOST: usize = 4;

/// `struct xt_policy_elem`.
#[derive(FromBytes, Immutable, KnownLayout, Clone, Copy)]
#[repr(C)]
struct Raws {
    source: [[u8; 16]; 2],
    destination: [[u8; 16]; 2],
    spi: u32,
    request: u32,
    protocol: u8,
    mode: u8,
    asked: u8,
    inverted: u8,
}

/// `struct xt_policy_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    elements: [Raws; MOST],
    flags: u16,
    length: u16,
}

/// `XT_POLICY_MATCH_*`.
const IN: u16 = 1;
const NONE: u16 = 4;
const STRICT: u16 = 8;

/// Bits of `struct xt_policy_spec`, from the lowest.
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;
const PROTOCOL: u8 = 4;
const MODE: u8 = 8;
const SPI: u8 = 16;
const REQUEST: u8 = 32;

impl Element {
    fn decode(raw: &Raws, version: IpVersion) -> Self {
        let asks = |flag| (raw.asked & flag != 0).then_some(raw.inverted & flag != 0);
        let length = if version == IpVersion::V4 { 4 } else { 16 };
        let address = |[address, mask]: &[[u8; 16]; 2], flag| {
            asks(flag).map(|inverted| Address { address: number(&address[..length]), mask: number(&mask[..length]), inverted })
        };
        Self {
            request: asks(REQUEST).map(|inverted| (raw.request, inverted)),
            spi: asks(SPI).map(|inverted| (raw.spi, inverted)),
            protocol: asks(PROTOCOL).map(|inverted| (raw.protocol, inverted)),
            tunnel: asks(MODE).map(|inverted| (raw.mode == 1, inverted)),
            destination: address(&raw.destination, DESTINATION),
            source: address(&raw.source, SOURCE),
        }
    }

    /// `print_entry`.
    fn write(&self, line: &mut Line) {
        if let Some((request, inverted)) = self.request {
            line.option(inverted, "--reqid", request);
        }
        if let Some((spi, inverted)) = self.spi {
            line.option(inverted, "--spi", format!("{spi:#x}"));
        }
        if let Some((number, inverted)) = self.protocol {
            match protocols::name(number.into()) {
                Some(name) => line.option(inverted, "--proto", name),
                None => line.option(inverted, "--proto", number),
            }
        }
        if let Some((tunnel, inverted)) = self.tunnel {
            line.option(inverted, "--mode", if tunnel { "tunnel" } else { "transport" });
        }
        for (name, address) in [("--tunnel-dst", self.destination), ("--tunnel-src", self.source)] {
            if let Some(address) = address {
                line.option(address.inverted, name, print::masked_address(&address, line.version));
            }
        }
    }
}

impl Element {
    /// Asks for the ends of a tunnel, but not for a tunnel.
    fn has_no_tunnel(&self) -> bool {
        let asks = self.source.is_some() || self.destination.is_some();
        asks && self.tunnel.is_none_or(|(tunnel, inverted)| tunnel == inverted)
    }
}

impl Extension for Policy {
    const NAMES: &'static [&'static str] = &["policy"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("dir"),
        Opt::value("pol"),
        Opt::flag("strict"),
        Opt::value("reqid").repeats(),
        Opt::value("spi").repeats(),
        Opt::value("tunnel-src").repeats(),
        Opt::value("tunnel-dst").repeats(),
        Opt::value("proto").repeats(),
        Opt::value("mode").repeats(),
        Opt::flag("next").repeats(),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read().filter(|_| raw.revision == 0)?;
        let elements = info.elements.get(..info.length.into())?.iter().map(|each| Element::decode(each, raw.version));
        let flag = |flag| info.flags & flag != 0;
        Some(Self { incoming: Some(flag(IN)), none: flag(NONE), strict: flag(STRICT), elements: elements.collect() })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { incoming: None, none: false, strict: false, elements: vec![Element::default()] }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let inverted = given.inverted;
        match (given.name, given.value) {
            ("dir", "in") => self.incoming = Some(true),
            ("dir", "out") => self.incoming = Some(false),
            ("pol", "none") => (self.none, self.elements) = (true, Vec::new()),
            ("pol", "ipsec") => {}
            ("strict", _) => self.strict = true,
            ("next", _) if self.strict && self.elements.len() < MOST => self.elements.push(Element::default()),
            (name, value) => {
                let Some(element) = self.elements.last_mut() else { return Err(format!("--{name} has nothing to do with --pol none")) };
                match (name, value) {
                    ("reqid", _) => element.request = Some((given.number(u32::MAX.into())? as u32, inverted)),
                    ("spi", _) => element.spi = Some((given.number(u32::MAX.into())? as u32, inverted)),
                    ("proto", text) => {
                        let number = options::number(text).and_then(|number| u16::try_from(number).ok()).or_else(|| protocol::number(text));
                        let number = number.filter(|number| matches!(number, 50 | 51 | 108)).ok_or_else(|| given.bad("ah, esp or ipcomp"))?;
                        element.protocol = Some((number as u8, inverted));
                    }
                    ("mode", "tunnel") => element.tunnel = Some((true, inverted)),
                    ("mode", "transport") => element.tunnel = Some((false, inverted)),
                    ("tunnel-src" | "tunnel-dst", _) => {
                        let (address, mask) = given.network()?;
                        let address = Some(Address { address: address & mask, mask, inverted });
                        if name == "tunnel-src" { element.source = address } else { element.destination = address }
                    }
                    _ => return Err(given.bad("one of its values")),
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match () {
            () if self.incoming.is_none() => Err("policy lacks --dir".to_owned()),
            () if self.none && self.strict => Err("policy: --strict has nothing to do with --pol none".to_owned()),
            () if self.strict && self.elements.contains(&Element::default()) => Err("policy: --strict, but an element asks nothing".to_owned()),
            () if self.elements.iter().any(Element::has_no_tunnel) => Err("policy: --tunnel-src and --tunnel-dst need --mode tunnel".to_owned()),
            () => Ok(()),
        }
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--dir", if self.incoming == Some(true) { "in" } else { "out" });
        line.option(false, "--pol", if self.none { "none" } else { "ipsec" });
        if self.strict {
            line.flag(false, "--strict");
        }
        for (at, element) in self.elements.iter().enumerate() {
            if at > 0 {
                line.flag(false, "--next");
            }
            element.write(line);
        }
    }
}
