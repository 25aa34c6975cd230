//! `-m conntrack`, and `-m state`, which is another word for a part of it (`conntrack_mt`, xt_conntrack.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::{IpVersion, bits::number},
    ruleset::xtables::{
        extension::{Extension, Raw},
        header::Address,
        options::{Given, Opt, Rule},
        ports::Ports,
        print::{self, Line, protocol},
    },
};

/// What is asked of the packet's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conntrack {
    /// `-m state`.
    pub alias: bool,
    pub state: Option<Bits>,
    pub protocol: Option<(u16, bool)>,
    /// Original source and destination, reply's source and destination.
    pub addresses: [Option<Address>; 4],
    /// The same.
    pub ports: [Option<Ports>; 4],
    pub status: Option<Bits>,
    /// Seconds that are left to it, both ends included.
    pub expires: Option<(u32, u32, bool)>,
    /// The packet goes in the reply's direction.
    pub reply: Option<bool>,
}

/// One of these bits is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    pub bits: u16,
    pub inverted: bool,
}

/// `XT_CONNTRACK_*`: what is asked.
mod ask {
    pub const STATE: u16 = 1 << 0;
    pub const PROTO: u16 = 1 << 1;
    pub const ADDRESSES: [u16; 4] = [1 << 2, 1 << 3, 1 << 4, 1 << 5];
    pub const STATUS: u16 = 1 << 6;
    pub const EXPIRES: u16 = 1 << 7;
    pub const PORTS: [u16; 4] = [1 << 8, 1 << 9, 1 << 10, 1 << 11];
    pub const DIRECTION: u16 = 1 << 12;
    pub const ALIAS: u16 = 1 << 13;
}

/// States as `XT_CONNTRACK_STATE_*`, in the order in which they are printed.
pub const STATES: [(&str, u16); 7] =
    [("INVALID", 1), ("NEW", 1 << 3), ("RELATED", 1 << 2), ("ESTABLISHED", 1 << 1), ("UNTRACKED", 1 << 8), ("SNAT", 1 << 6), ("DNAT", 1 << 7)];

/// Statuses as `IPS_*`, likewise.
const STATUSES: [(&str, u16); 4] = [("EXPECTED", 1), ("SEEN_REPLY", 2), ("ASSURED", 4), ("CONFIRMED", 8)];

/// Options of the addresses and of the ports.
const ADDRESSES: [&str; 4] = ["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"];
const PORTS: [&str; 4] = ["ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"];

/// What the structures of all revisions begin with (`struct xt_conntrack_mtinfo1`).
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    addresses: [[[u8; 16]; 2]; 4],
    /// As bytes: what follows is not aligned to 4.
    expires: [[u8; 4]; 2],
    protocol: u16,
    ports: [u16; 4],
    asked: u16,
    inverted: u16,
}

/// How revision 2 ends.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Masks {
    state: u16,
    status: u16,
}

/// How revision 3 ends: with the highest ports of ranges.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Ranges {
    masks: Masks,
    highest: [u16; 4],
}

impl Extension for Conntrack {
    const NAMES: &'static [&'static str] = &["conntrack", "state"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("ctstate"),
        Opt::value("state"),
        Opt::value("ctproto"),
        Opt::value("ctorigsrc"),
        Opt::value("ctorigdst"),
        Opt::value("ctreplsrc"),
        Opt::value("ctrepldst"),
        Opt::value("ctorigsrcport"),
        Opt::value("ctorigdstport"),
        Opt::value("ctreplsrcport"),
        Opt::value("ctrepldstport"),
        Opt::value("ctstatus"),
        Opt::value("ctexpire"),
        Opt::value("ctdir"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        if raw.name == "state" {
            // `struct xt_state_info`.
            let bits = raw.read::<u32>().filter(|_| raw.revision == 0)?;
            let state = Some(Bits { bits: bits as u16, inverted: false });
            return Some(Self { alias: true, state, ..Self::NOTHING });
        }
        let info: Info = raw.read()?;
        let rest = &raw.info[size_of::<Info>()..];
        let (masks, highest) = match raw.revision {
            1 => (Masks { state: (*rest.first()?).into(), status: (*rest.get(1)?).into() }, info.ports),
            2 => (Masks::read_from_prefix(rest).ok()?.0, info.ports),
            3 => {
                let (Ranges { masks, highest }, _) = Ranges::read_from_prefix(rest).ok()?;
                (masks, highest)
            }
            _ => return None,
        };
        // Until revision 3 ports are in network order.
        let host = |port: u16| if raw.revision < 3 { u16::from_be(port) } else { port };
        let asks = |flag: u16| info.asked & flag != 0;
        let inverted = |flag: u16| info.inverted & flag != 0;
        let mut found = Self { alias: asks(ask::ALIAS), ..Self::NOTHING };
        found.state = asks(ask::STATE).then(|| Bits { bits: masks.state, inverted: inverted(ask::STATE) });
        found.protocol = asks(ask::PROTO).then(|| (info.protocol, inverted(ask::PROTO)));
        found.status = asks(ask::STATUS).then(|| Bits { bits: masks.status, inverted: inverted(ask::STATUS) });
        let [least, most] = info.expires.map(u32::from_ne_bytes);
        found.expires = asks(ask::EXPIRES).then(|| (least, most, inverted(ask::EXPIRES)));
        found.reply = asks(ask::DIRECTION).then(|| inverted(ask::DIRECTION));
        for (at, flag) in ask::ADDRESSES.into_iter().enumerate().filter(|(_, flag)| asks(*flag)) {
            let [address, mask] = &info.addresses[at].map(|bytes| number(&bytes[..if raw.version == IpVersion::V4 { 4 } else { 16 }]));
            found.addresses[at] = Some(Address { address: *address, mask: *mask, inverted: inverted(flag) });
        }
        for (at, flag) in ask::PORTS.into_iter().enumerate().filter(|(_, flag)| asks(*flag)) {
            found.ports[at] = Some(Ports { low: host(info.ports[at]), high: host(highest[at]), inverted: inverted(flag) });
        }
        Some(found)
    }

    fn start(name: &str, _rule: &Rule) -> Self {
        Self { alias: name == "state", ..Self::NOTHING }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let inverted = given.inverted;
        if self.alias != (given.name == "state") {
            return Err(format!("--{} is not one of -m {}", given.name, self.name()));
        }
        match given.name {
            // Addresses of NAT are none of -m state's states.
            "state" => self.state = Some(Bits { bits: names(given, &STATES[..5])?, inverted }),
            "ctstate" => self.state = Some(Bits { bits: names(given, &STATES)?, inverted }),
            "ctstatus" if "none".starts_with(&given.value.to_ascii_lowercase()) => self.status = Some(Bits { bits: 0, inverted }),
            "ctstatus" => self.status = Some(Bits { bits: names(given, &STATUSES)?, inverted }),
            "ctproto" => {
                let number = crate::ruleset::xtables::options::number(given.value).and_then(|number| u8::try_from(number).ok()).map(u16::from);
                let number = number.or_else(|| protocol::number(given.value)).ok_or_else(|| given.bad("a protocol"))?;
                self.protocol = Some((number, inverted));
            }
            "ctexpire" => {
                let (low, high) = given.range(u32::MAX.into())?;
                self.expires = Some((low as u32, high as u32, inverted));
            }
            "ctdir" => {
                self.reply = Some(match given.value.to_ascii_uppercase().as_str() {
                    "ORIGINAL" => false,
                    "REPLY" => true,
                    _ => return Err(given.bad("ORIGINAL or REPLY")),
                });
            }
            name => {
                if let Some(at) = ADDRESSES.iter().position(|each| *each == name) {
                    let (address, mask) = given.network()?;
                    self.addresses[at] = Some(Address { address: address & mask, mask, inverted });
                } else if let Some(at) = PORTS.iter().position(|each| *each == name) {
                    self.ports[at] = Some(Ports::given(given)?);
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let nothing = Self { alias: self.alias, ..Self::NOTHING };
        if *self == nothing { Err(format!("-m {} lacks an option", self.name())) } else { Ok(()) }
    }

    fn name(&self) -> &str {
        if self.alias { "state" } else { "conntrack" }
    }

    /// `conntrack_dump`.
    fn write(&self, line: &mut Line) {
        if let Some(state) = self.state {
            line.option(state.inverted, if self.alias { "--state" } else { "--ctstate" }, list(state.bits, &STATES));
        }
        if let Some((number, inverted)) = self.protocol {
            line.option(inverted, "--ctproto", number);
        }
        for (name, address) in ADDRESSES.into_iter().zip(&self.addresses) {
            if let Some(address) = address {
                line.option(address.inverted, &format!("--{name}"), print::masked_address(address, line.version));
            }
        }
        for (name, ports) in PORTS.into_iter().zip(&self.ports) {
            if let Some(ports) = ports {
                line.option(ports.inverted, &format!("--{name}"), ports.text());
            }
        }
        if let Some(status) = self.status {
            line.option(status.inverted, "--ctstatus", if status.bits == 0 { "NONE".into() } else { list(status.bits, &STATUSES) });
        }
        if let Some((low, high, inverted)) = self.expires {
            line.option(inverted, "--ctexpire", print::range(low, high));
        }
        if let Some(reply) = self.reply {
            line.option(false, "--ctdir", if reply { "REPLY" } else { "ORIGINAL" });
        }
    }
}

impl Conntrack {
    const NOTHING: Self = Self {
        alias: false,
        state: None,
        protocol: None,
        addresses: [None; 4],
        ports: [None; 4],
        status: None,
        expires: None,
        reply: None,
    };
}

/// Names of bits, each of which may be cut short; the first that begins so in iptables' own order (`conntrack_ps_state`).
fn names(given: &Given<'_>, known: &[(&str, u16)]) -> Result<u16, String> {
    given.value.split(',').try_fold(0, |bits, name| {
        let upper = name.to_ascii_uppercase();
        let found = known.iter().find(|(each, _)| !upper.is_empty() && each.starts_with(&upper));
        let none = !upper.is_empty() && known.len() == STATUSES.len() && "NONE".starts_with(&upper);
        found.map(|(_, bit)| bits | bit).or(none.then_some(bits)).ok_or_else(|| format!("--{}: '{name}' is not known", given.name))
    })
}

fn list(bits: u16, known: &[(&str, u16)]) -> String {
    known.iter().filter(|(_, bit)| bits & bit != 0).map(|(name, _)| *name).collect::<Vec<_>>().join(",")
}
