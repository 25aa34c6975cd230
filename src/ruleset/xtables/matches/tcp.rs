//! `-m tcp` (`tcp_mt`, xt_tcpudp.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    ports::Ports,
    print::Line,
};

/// Ports, flags and options of a TCP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp {
    pub source: Ports,
    pub destination: Ports,
    /// Those of the flags under the mask that are set are these.
    pub mask: u8,
    pub flags: u8,
    pub flags_inverted: bool,
    /// An option of this kind is there; 0 does not look.
    pub option: u8,
    pub option_inverted: bool,
}

/// `struct xt_tcp`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    source: [u16; 2],
    destination: [u16; 2],
    option: u8,
    mask: u8,
    flags: u8,
    inverted: u8,
}

/// `XT_TCP_INV_*`.
const SOURCE: u8 = 1;
const DESTINATION: u8 = 2;
const FLAGS: u8 = 4;
const OPTION: u8 = 8;

/// Flags in the order in which iptables names them.
const NAMES: [(&str, u8); 6] = [("FIN", 1), ("SYN", 2), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32)];

/// FIN, SYN, RST and ACK: what `--syn` looks at.
const OPENING: u8 = 0x17;
const SYN: u8 = 2;

impl Extension for Tcp {
    const NAMES: &'static [&'static str] = &["tcp"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("source-port"),
        Opt::value("sport"),
        Opt::value("destination-port"),
        Opt::value("dport"),
        Opt::flag("syn"),
        Opt::pair("tcp-flags"),
        Opt::value("tcp-option"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let (info, _) = Info::read_from_prefix(raw.info).ok()?;
        let ports = |[low, high]: [u16; 2], flag| Ports { low, high, inverted: info.inverted & flag != 0 };
        (raw.revision == 0).then(|| Self {
            source: ports(info.source, SOURCE),
            destination: ports(info.destination, DESTINATION),
            mask: info.mask,
            flags: info.flags,
            flags_inverted: info.inverted & FLAGS != 0,
            option: info.option,
            option_inverted: info.inverted & OPTION != 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self {
            source: Ports::ANY,
            destination: Ports::ANY,
            mask: 0,
            flags: 0,
            flags_inverted: false,
            option: 0,
            option_inverted: false,
        }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "source-port" | "sport" => self.source = Ports::given(given)?,
            "destination-port" | "dport" => self.destination = Ports::given(given)?,
            "syn" => (self.mask, self.flags, self.flags_inverted) = (OPENING, SYN, given.inverted),
            "tcp-flags" => (self.mask, self.flags, self.flags_inverted) = (flags(given.value)?, flags(given.second)?, given.inverted),
            _ => (self.option, self.option_inverted) = (given.number(255)? as u8, given.inverted),
        }
        Ok(())
    }

    fn protocol(&self) -> Option<u16> {
        Some(6)
    }

    fn write(&self, line: &mut Line) {
        self.source.write("--sport", line);
        self.destination.write("--dport", line);
        if self.option != 0 || self.option_inverted {
            line.option(self.option_inverted, "--tcp-option", self.option);
        }
        if self.mask != 0 || self.flags_inverted {
            line.option(self.flags_inverted, "--tcp-flags", names(self.mask));
            line.word(names(self.flags));
        }
    }
}

/// `FIN,SYN`, or NONE (`print_tcpf`).
fn names(flags: u8) -> String {
    let names: Vec<_> = NAMES.iter().filter(|(_, flag)| flags & flag != 0).map(|(name, _)| *name).collect();
    if names.is_empty() { "NONE".to_owned() } else { names.join(",") }
}

fn flags(text: &str) -> Result<u8, String> {
    text.split(',').try_fold(0, |flags, name| {
        let upper = name.to_ascii_uppercase();
        match upper.as_str() {
            "ALL" => Ok(flags | 0x3f),
            "NONE" => Ok(flags),
            _ => {
                let known = NAMES.iter().find(|(each, _)| *each == upper).map(|(_, flag)| flags | flag);
                known.ok_or_else(|| format!("--tcp-flags: '{name}' is no TCP flag"))
            }
        }
    })
}
