//! `-m owner` (`owner_mt`, xt_owner.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule, number},
    print::Line,
};

/// Who sends the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub user: Option<Ids>,
    pub group: Option<Ids>,
    /// `--socket-exists`; true if inverted.
    pub socket: Option<bool>,
    /// The user's other groups count too.
    pub supplementary: bool,
}

/// User or group ids, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    pub low: u32,
    pub high: u32,
    pub inverted: bool,
}

/// `struct xt_owner_match_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    user: [u32; 2],
    group: [u32; 2],
    asked: u8,
    inverted: u8,
}

/// `XT_OWNER_*`.
const USER: u8 = 1;
const GROUP: u8 = 2;
const SOCKET: u8 = 4;
const SUPPLEMENTARY: u8 = 8;

impl Extension for Owner {
    const NAMES: &'static [&'static str] = &["owner"];
    const OPTIONS: &'static [Opt] =
        &[Opt::value("uid-owner"), Opt::value("gid-owner"), Opt::flag("socket-exists"), Opt::flag("suppl-groups").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read().filter(|_| raw.revision == 1)?;
        let asks = |flag| info.asked & flag != 0;
        let ids = |[low, high]: [u32; 2], flag| asks(flag).then_some(Ids { low, high, inverted: info.inverted & flag != 0 });
        Some(Self {
            user: ids(info.user, USER),
            group: ids(info.group, GROUP),
            socket: asks(SOCKET).then_some(info.inverted & SOCKET != 0),
            supplementary: asks(SUPPLEMENTARY),
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { user: None, group: None, socket: None, supplementary: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "uid-owner" => self.user = Some(ids(given)?),
            "gid-owner" => self.group = Some(ids(given)?),
            "socket-exists" => self.socket = Some(given.inverted),
            _ if self.group.is_none() => return Err("--suppl-groups needs --gid-owner before it".to_owned()),
            _ => self.supplementary = true,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let asks = self.user.is_some() || self.group.is_some() || self.socket.is_some();
        if asks { Ok(()) } else { Err("owner lacks --uid-owner, --gid-owner or --socket-exists".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        if let Some(inverted) = self.socket {
            line.flag(inverted, "--socket-exists");
        }
        for (name, ids) in [("--uid-owner", self.user), ("--gid-owner", self.group)] {
            match ids {
                Some(Ids { low, high, inverted }) if low == high => line.option(inverted, name, low),
                Some(Ids { low, high, inverted }) => line.option(inverted, name, format!("{low}-{high}")),
                None => {}
            }
        }
        if self.supplementary {
            line.flag(false, "--suppl-groups");
        }
    }
}

/// `id`, `low-high` or `low:high`; -1 is none. Names are of the host where they were written.
fn ids(given: &Given<'_>) -> Result<Ids, String> {
    // This name means the same everywhere.
    let id = |text: &str| if text == "root" { Some(0) } else { number(text).filter(|id| *id < u32::MAX.into()).map(|id| id as u32) };
    let (low, high) = given.value.split_once(['-', ':']).unwrap_or((given.value, given.value));
    let (low, high) = id(low).zip(id(high)).ok_or_else(|| given.bad("an id or a range of ids; names are not looked up"))?;
    Ok(Ids { low, high, inverted: given.inverted })
}
