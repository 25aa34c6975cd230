//! `-m socket` (`socket_match`, xt_socket.c).

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// There is a socket for the packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Socket {
    /// Only one that is transparent.
    pub transparent: bool,
    /// Also one that listens on all addresses.
    pub wildcard: bool,
    /// The packet is given the socket's mark.
    pub restore_mark: bool,
}

/// `XT_SOCKET_*`.
const TRANSPARENT: u8 = 1;
const WILDCARD: u8 = 2;
const RESTORE_MARK: u8 = 4;

impl Extension for Socket {
    const NAMES: &'static [&'static str] = &["socket"];
    const OPTIONS: &'static [Opt] =
        &[Opt::flag("transparent").plain(), Opt::flag("nowildcard").plain(), Opt::flag("restore-skmark").plain()];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let known = match raw.revision {
            0 => 0,
            1 => TRANSPARENT,
            2 => TRANSPARENT | WILDCARD,
            3 => TRANSPARENT | WILDCARD | RESTORE_MARK,
            _ => return None,
        };
        // Revision 0 has no structure.
        let flags = raw.info.first().copied().unwrap_or_default() & known;
        Some(Self {
            transparent: flags & TRANSPARENT != 0,
            wildcard: flags & WILDCARD != 0,
            restore_mark: flags & RESTORE_MARK != 0,
        })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self::default()
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "transparent" => self.transparent = true,
            "nowildcard" => self.wildcard = true,
            _ => self.restore_mark = true,
        }
        Ok(())
    }

    fn write(&self, line: &mut Line) {
        for (there, name) in
            [(self.transparent, "--transparent"), (self.wildcard, "--nowildcard"), (self.restore_mark, "--restore-skmark")]
        {
            if there {
                line.flag(false, name);
            }
        }
    }
}
