//! `-m set` (`set_match_v0` to `set_match_v4`, xt_set.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::{
    ipset::reference::Reference,
    xtables::{
        extension::{Extension, Raw},
        options::{self, Given, Opt, Rule},
        print::Line,
    },
};

/// The packet's key is in a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    pub set: Reference,
    pub inverted: bool,
    /// `--return-nomatch`: an exception of the set holds the key.
    pub exceptions: bool,
    /// Looks at the port of the bridge instead of the bridge (`IPSET_FLAG_PHYSDEV`, for which iptables has no option).
    pub physical: bool,
    /// `! --update-counters`.
    pub keeps_counters: bool,
    /// `! --update-subcounters`.
    pub keeps_subcounters: bool,
    pub packets: Option<Count>,
    pub bytes: Option<Count>,
}

/// What a counter of the element has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub compare: Compare,
    pub value: u64,
}

/// `IPSET_COUNTER_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    Greater,
}

/// `struct xt_set_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(in crate::ruleset::xtables) struct Info {
    pub index: u16,
    pub dimensions: u8,
    pub flags: u8,
}

/// `struct xt_set_info_v0`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(in crate::ruleset::xtables) struct Info0 {
    index: u16,
    _pad: u16,
    flags: [u32; 7],
}

/// `struct xt_set_info_match_v3`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info3 {
    set: Info,
    _pad: u32,
    packets_op: u8,
    _pad1: [u8; 7],
    packets: u64,
    bytes_op: u8,
    _pad2: [u8; 7],
    bytes: u64,
    flags: u32,
}

/// `struct xt_set_info_match_v4`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info4 {
    set: Info,
    _pad: u32,
    packets: u64,
    packets_op: u8,
    _pad1: [u8; 7],
    bytes: u64,
    bytes_op: u8,
    _pad2: [u8; 7],
    flags: u32,
}

/// `IPSET_INV_MATCH` and `IPSET_RETURN_NOMATCH` of a set's flags.
const INVERTED: u8 = 1;
const RETURN_NOMATCH: u8 = 1 << 7;

/// `IPSET_FLAG_*` of a match's flags.
const FLAG_PHYSDEV: u32 = 1 << 1;
const FLAG_SKIP_COUNTER_UPDATE: u32 = 1 << 3;
const FLAG_SKIP_SUBCOUNTER_UPDATE: u32 = 1 << 4;
const FLAG_RETURN_NOMATCH: u32 = 1 << 7;

impl Info0 {
    /// The set with its sides, and whether the match is inverted (`compat_flags`).
    pub fn read(&self) -> (Reference, bool) {
        /// `IPSET_SRC` and `IPSET_MATCH_INV` of revision 0.
        const SRC: u32 = 1;
        const MATCH_INV: u32 = 4;
        let sides = self.flags.iter().take(5).take_while(|flags| **flags != 0);
        let bits = sides.clone().zip(1..).fold(0_u8, |bits, (flags, at)| bits | u8::from(flags & SRC != 0) << at);
        (Reference::of_kernel(self.index, sides.count() as u8, bits), self.flags[0] & MATCH_INV != 0)
    }
}

impl Info {
    /// The set with its sides.
    pub fn read(&self) -> Reference {
        Reference::of_kernel(self.index, self.dimensions, self.flags)
    }
}

impl Count {
    fn of_kernel(compare: u8, value: u64) -> Option<Self> {
        let compare = match compare {
            1 => Compare::Equal,
            2 => Compare::NotEqual,
            3 => Compare::Less,
            4 => Compare::Greater,
            _ => return None,
        };
        Some(Self { compare, value })
    }

    fn write(self, name: &str, line: &mut Line) {
        let end = match self.compare {
            Compare::Equal | Compare::NotEqual => "eq",
            Compare::Less => "lt",
            Compare::Greater => "gt",
        };
        line.option(self.compare == Compare::NotEqual, &format!("--{name}-{end}"), self.value);
    }
}

impl Set {
    fn with_set(info: &Info) -> Self {
        Self { set: info.read(), inverted: info.flags & INVERTED != 0, ..Self::default() }
    }

    fn with_flags(self, flags: u32) -> Self {
        Self {
            exceptions: flags & FLAG_RETURN_NOMATCH != 0,
            physical: flags & FLAG_PHYSDEV != 0,
            keeps_counters: flags & FLAG_SKIP_COUNTER_UPDATE != 0,
            keeps_subcounters: flags & FLAG_SKIP_SUBCOUNTER_UPDATE != 0,
            ..self
        }
    }

    fn count(&mut self, given: &Given<'_>) -> Result<(), String> {
        let (of, end) = given.name.split_once('-').unwrap_or_default();
        let place = if of == "packets" { &mut self.packets } else { &mut self.bytes };
        if place.is_some() {
            return Err(format!("only one of the --{of}-[eq|lt|gt] is allowed"));
        }
        let compare = match (end, given.inverted) {
            ("eq", false) => Compare::Equal,
            ("eq", true) => Compare::NotEqual,
            (_, true) => return Err(format!("--{} can't be inverted", given.name)),
            ("lt", false) => Compare::Less,
            _ => Compare::Greater,
        };
        let value = options::number(given.value).ok_or_else(|| given.bad("a number"))?;
        *place = Some(Count { compare, value });
        Ok(())
    }
}

impl Extension for Set {
    const NAMES: &'static [&'static str] = &["set"];
    const OPTIONS: &'static [Opt] = &[
        Opt::pair("match-set"),
        Opt::pair("set"),
        Opt::flag("return-nomatch"),
        Opt::flag("update-counters"),
        Opt::flag("update-subcounters"),
        Opt::value("packets-eq"),
        Opt::value("packets-lt"),
        Opt::value("packets-gt"),
        Opt::value("bytes-eq"),
        Opt::value("bytes-lt"),
        Opt::value("bytes-gt"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match raw.revision {
            0 => {
                let (set, inverted) = Info0::read_from_prefix(raw.info).ok()?.0.read();
                Some(Self { set, inverted, ..Self::default() })
            }
            1 | 2 => {
                let (info, _) = Info::read_from_prefix(raw.info).ok()?;
                Some(Self { exceptions: info.flags & RETURN_NOMATCH != 0, ..Self::with_set(&info) })
            }
            3 => {
                let (info, _) = Info3::read_from_prefix(raw.info).ok()?;
                let set = Self::with_set(&info.set).with_flags(info.flags);
                let (packets, bytes) = (Count::of_kernel(info.packets_op, info.packets), Count::of_kernel(info.bytes_op, info.bytes));
                Some(Self { packets, bytes, ..set })
            }
            4 => {
                let (info, _) = Info4::read_from_prefix(raw.info).ok()?;
                let set = Self::with_set(&info.set).with_flags(info.flags);
                let (packets, bytes) = (Count::of_kernel(info.packets_op, info.packets), Count::of_kernel(info.bytes_op, info.bytes));
                Some(Self { packets, bytes, ..set })
            }
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "match-set" | "set" => {
                if self.set.name.is_some() {
                    return Err("--match-set can be specified only once".into());
                }
                self.set = Reference::parse(given.value, given.second)?;
                self.inverted = given.inverted;
            }
            "return-nomatch" if given.inverted => return Err("--return-nomatch can't be inverted".into()),
            "return-nomatch" => self.exceptions = true,
            "update-counters" => self.keeps_counters |= given.inverted,
            "update-subcounters" => self.keeps_subcounters |= given.inverted,
            _ => self.count(given)?,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.set.name.is_some() || self.set.index.is_some() { Ok(()) } else { Err("--match-set is missing".into()) }
    }

    fn write(&self, line: &mut Line) {
        line.option(self.inverted, "--match-set", self.set.shown());
        if !self.set.sides.is_empty() {
            line.word(self.set.shown_sides());
        }
        if self.exceptions {
            line.flag(false, "--return-nomatch");
        }
        if self.keeps_counters {
            line.flag(true, "--update-counters");
        }
        if self.keeps_subcounters {
            line.flag(true, "--update-subcounters");
        }
        if let Some(packets) = self.packets {
            packets.write("packets", line);
        }
        if let Some(bytes) = self.bytes {
            bytes.write("bytes", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IpVersion;

    fn told(revision: u8, info: &[u8]) -> Option<String> {
        let set = Set::decode(&Raw { name: "set", revision, info, version: IpVersion::V4 })?;
        let mut line = Line::new(IpVersion::V4);
        set.write(&mut line);
        Some(line.finish())
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn every_revision_is_read() {
        // Source, destination; inverted.
        let mut old = vec![7, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0];
        old.resize(32, 0);
        assert_eq!(told(0, &old).as_deref(), Some(" ! --match-set #7 src,dst"));
        assert_eq!(told(1, &[7, 0, 2, 0b101, 0, 0, 0, 0]).as_deref(), Some(" ! --match-set #7 dst,src"));
        assert_eq!(told(2, &[7, 0, 1, 0b1000_0010, 0, 0, 0, 0]).as_deref(), Some(" --match-set #7 src --return-nomatch"));
        let set = [7, 0, 1, 2, 0, 0, 0, 0];
        let op = |op: u8| [op, 0, 0, 0, 0, 0, 0, 0];
        let number = |number: u64| number.to_le_bytes();
        let flags = [0b1001_1000, 0, 0, 0, 0, 0, 0, 0];
        let three = [set, op(3), number(9), op(2), number(8), flags].concat();
        let four = [set, number(9), op(3), number(8), op(2), flags].concat();
        let text = " --match-set #7 src --return-nomatch ! --update-counters ! --update-subcounters --packets-lt 9 ! --bytes-eq 8";
        assert_eq!(told(3, &three).as_deref(), Some(text));
        assert_eq!(told(4, &four).as_deref(), Some(text));
        assert_eq!(told(4, &four[..40]), None);
        assert_eq!(told(5, &four), None);
    }
}
