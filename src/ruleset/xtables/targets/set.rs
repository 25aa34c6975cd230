//! `-j SET` (`set_target_v0` to `set_target_v3`, xt_set.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::{
    ipset::reference::Reference,
    xtables::{
        extension::{Extension, Raw},
        matches::set::{Info, Info0},
        options::{Given, Opt, Rule},
        print::Line,
    },
};

/// Changes sets by the packet's key, and the packet by a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    pub add: Option<Reference>,
    pub delete: Option<Reference>,
    pub map: Option<Reference>,
    /// `--exist`: an element that is there is renewed.
    pub exist: bool,
    pub timeout: Option<u32>,
    pub map_mark: bool,
    pub map_priority: bool,
    pub map_queue: bool,
}

/// `struct xt_set_info_target_v3`; the second revision lacks the third set.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info3 {
    add: Info,
    delete: Info,
    map: Info,
    flags: u32,
    timeout: u32,
}

/// `struct xt_set_info_target_v2`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info2 {
    add: Info,
    delete: Info,
    flags: u32,
    timeout: u32,
}

/// `IPSET_INVALID_ID`.
const NO_SET: u16 = u16::MAX;
/// The timeout of the set itself.
const NO_TIMEOUT: u32 = u32::MAX;

/// `IPSET_FLAG_*`.
const FLAG_EXIST: u32 = 1;
const FLAG_MAP_SKBMARK: u32 = 1 << 8;
const FLAG_MAP_SKBPRIO: u32 = 1 << 9;
const FLAG_MAP_SKBQUEUE: u32 = 1 << 10;

fn some(set: Reference) -> Option<Reference> {
    (set.index != Some(NO_SET)).then_some(set)
}

impl Set {
    /// The sets that it names.
    pub fn sets(&mut self) -> impl Iterator<Item = &mut Reference> {
        [&mut self.add, &mut self.delete, &mut self.map].into_iter().flatten()
    }

    fn with_flags(self, flags: u32, timeout: u32) -> Self {
        Self {
            exist: flags & FLAG_EXIST != 0,
            timeout: (timeout != NO_TIMEOUT).then_some(timeout),
            map_mark: flags & FLAG_MAP_SKBMARK != 0,
            map_priority: flags & FLAG_MAP_SKBPRIO != 0,
            map_queue: flags & FLAG_MAP_SKBQUEUE != 0,
            ..self
        }
    }
}

impl Extension for Set {
    const NAMES: &'static [&'static str] = &["SET"];
    const OPTIONS: &'static [Opt] = &[
        Opt::pair("add-set"),
        Opt::pair("del-set"),
        Opt::flag("exist"),
        Opt::value("timeout"),
        Opt::pair("map-set"),
        Opt::flag("map-mark"),
        Opt::flag("map-prio"),
        Opt::flag("map-queue"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        match raw.revision {
            0 => {
                let ([add, delete], _) = <[Info0; 2]>::read_from_prefix(raw.info).ok()?;
                Some(Self { add: some(add.read().0), delete: some(delete.read().0), ..Self::default() })
            }
            1 => {
                let ([add, delete], _) = <[Info; 2]>::read_from_prefix(raw.info).ok()?;
                Some(Self { add: some(add.read()), delete: some(delete.read()), ..Self::default() })
            }
            2 => {
                let (info, _) = Info2::read_from_prefix(raw.info).ok()?;
                let sets = Self { add: some(info.add.read()), delete: some(info.delete.read()), ..Self::default() };
                Some(sets.with_flags(info.flags & FLAG_EXIST, info.timeout))
            }
            3 => {
                let (info, _) = Info3::read_from_prefix(raw.info).ok()?;
                let sets = Self {
                    add: some(info.add.read()),
                    delete: some(info.delete.read()),
                    map: some(info.map.read()),
                    ..Self::default()
                };
                Some(sets.with_flags(info.flags, info.timeout))
            }
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        if given.inverted {
            return Err(format!("--{} can't be inverted", given.name));
        }
        let place = match given.name {
            "add-set" => &mut self.add,
            "del-set" => &mut self.delete,
            "map-set" => &mut self.map,
            "exist" => {
                self.exist = true;
                return Ok(());
            }
            "timeout" => {
                self.timeout = Some(given.number((u32::MAX - 1).into())? as u32);
                return Ok(());
            }
            "map-mark" => {
                self.map_mark = true;
                return Ok(());
            }
            "map-prio" => {
                self.map_priority = true;
                return Ok(());
            }
            _ => {
                self.map_queue = true;
                return Ok(());
            }
        };
        if place.is_some() {
            return Err(format!("--{} can be specified only once", given.name));
        }
        *place = Some(Reference::parse(given.value, given.second)?);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let maps = self.map_mark || self.map_priority || self.map_queue;
        match (&self.add, &self.delete, &self.map) {
            (None, None, None) => Err("--add-set, --del-set or --map-set is missing".into()),
            (None, ..) if self.exist || self.timeout.is_some() => Err("--exist and --timeout belong to --add-set".into()),
            (_, _, None) if maps => Err("--map-mark, --map-prio and --map-queue belong to --map-set".into()),
            (_, _, Some(_)) if !maps => Err("--map-mark, --map-prio or --map-queue is missing".into()),
            _ => Ok(()),
        }
    }

    fn write(&self, line: &mut Line) {
        let set = |line: &mut Line, name: &str, set: &Option<Reference>| {
            if let Some(set) = set {
                line.option(false, name, set.shown());
                if !set.sides.is_empty() {
                    line.word(set.shown_sides());
                }
            }
        };
        set(line, "--add-set", &self.add);
        if self.exist {
            line.flag(false, "--exist");
        }
        if let Some(seconds) = self.timeout {
            line.option(false, "--timeout", seconds);
        }
        set(line, "--del-set", &self.delete);
        set(line, "--map-set", &self.map);
        for (is, name) in [(self.map_mark, "--map-mark"), (self.map_priority, "--map-prio"), (self.map_queue, "--map-queue")] {
            if is {
                line.flag(false, name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IpVersion;

    #[test]
    #[cfg(target_endian = "little")]
    fn every_revision_is_read() {
        let told = |revision: u8, info: &[u8]| {
            let set = Set::decode(&Raw { name: "SET", revision, info, version: IpVersion::V4 })?;
            let mut line = Line::new(IpVersion::V4);
            set.write(&mut line);
            Some(line.finish())
        };
        let none = [255, 255, 0, 0];
        let set = [7, 0, 2, 2];
        let mut old = vec![7, 0, 0, 0, 1, 0, 0, 0];
        old.resize(32, 0);
        old.extend([255, 255]);
        old.resize(64, 0);
        assert_eq!(told(0, &old).as_deref(), Some(" --add-set #7 src"));
        assert_eq!(told(1, &[none, set].concat()).as_deref(), Some(" --del-set #7 src,dst"));
        let flags = [1, 0, 0, 0];
        let timeout = [5, 0, 0, 0];
        assert_eq!(told(2, &[set, none, flags, timeout].concat()).as_deref(), Some(" --add-set #7 src,dst --exist --timeout 5"));
        let flags = [0, 7, 0, 0];
        let three = [none, none, set, flags, [255; 4]].concat();
        assert_eq!(told(3, &three).as_deref(), Some(" --map-set #7 src,dst --map-mark --map-prio --map-queue"));
        assert_eq!(told(3, &three[..16]), None);
    }
}
