//! `-m cgroup` (`cgroup_mt_v0` to `cgroup_mt_v2`, xt_cgroup.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// The control group of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup {
    pub group: Group,
    pub inverted: bool,
}

/// How it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// Class of net_cls.
    Class(u32),
    /// In the one hierarchy, itself or any below it.
    Path(Box<str>),
}

/// Of revisions 1 and 2, before the path.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    has_path: u8,
    has_class: u8,
    invert_path: u8,
    invert_class: u8,
}

const PATH: usize = size_of::<Info>();

/// `PATH_MAX`, `XT_CGROUP_PATH_MAX`.
const LONG: usize = 4096;
const SHORT: usize = 512;

impl Extension for Cgroup {
    const NAMES: &'static [&'static str] = &["cgroup"];
    const OPTIONS: &'static [Opt] = &[Opt::value("path").excludes(&["cgroup"]), Opt::value("cgroup").excludes(&["path"])];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let word = |at: usize| raw.info.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
        let (room, class) = match raw.revision {
            0 => return Some(Self { group: Group::Class(word(0)?), inverted: word(4)? != 0 }),
            1 => (LONG, PATH + LONG),
            2 => (SHORT, PATH),
            _ => return None,
        };
        let info: Info = raw.read()?;
        if info.has_path != 0 {
            return Some(Self { group: Group::Path(raw.text(PATH, room)?), inverted: info.invert_path != 0 });
        }
        (info.has_class != 0).then_some(())?;
        Some(Self { group: Group::Class(word(class)?), inverted: info.invert_class != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { group: Group::Path("".into()), inverted: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        self.inverted = given.inverted;
        self.group = if given.name == "path" { Group::Path(Line::cut(given.value, SHORT).into()) } else { Group::Class(given.word()?) };
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.group == Group::Path("".into()) { Err("--path or --cgroup is needed".into()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        match &self.group {
            Group::Class(class) => line.option(self.inverted, "--cgroup", class),
            Group::Path(path) => {
                line.flag(self.inverted, "--path");
                line.quoted(path);
            }
        }
    }
}
