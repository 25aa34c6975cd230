//! `-j CONNMARK` (`connmark_tg`, `connmark_tg_v2`, xt_connmark.c): the connection's mark, from and to the packet's.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connmark {
    pub mode: Mode,
    /// The mark to set.
    pub mark: u32,
    /// Bits of the connection's mark.
    pub connection: u32,
    /// Bits of the packet's mark.
    pub packet: u32,
    /// Bits to shift by: to the left, or to the right.
    pub shift: u8,
    pub right: bool,
    /// In the form of the first revision, which has one mask.
    old: bool,
    given: bool,
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The connection's bits are cleared, then those of the mark are flipped.
    Set,
    /// The packet's mark to the connection.
    Save,
    /// The connection's mark to the packet.
    Restore,
}

/// `struct xt_connmark_target_info` of kernels before 2.6.37.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info0 {
    mark: u64,
    mask: u64,
    mode: u8,
}

/// `struct xt_connmark_tginfo1`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info1 {
    mark: u32,
    connection: u32,
    packet: u32,
    mode: u8,
}

/// `struct xt_connmark_tginfo2`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info2 {
    mark: u32,
    connection: u32,
    packet: u32,
    right: u8,
    shift: u8,
    mode: u8,
}

fn mode(number: u8) -> Option<Mode> {
    [Mode::Set, Mode::Save, Mode::Restore].get(usize::from(number)).copied()
}

impl Extension for Connmark {
    const NAMES: &'static [&'static str] = &["CONNMARK"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("set-xmark"),
        Opt::value("set-mark"),
        Opt::value("and-mark"),
        Opt::value("or-mark"),
        Opt::value("xor-mark"),
        Opt::flag("save-mark"),
        Opt::flag("restore-mark"),
        Opt::value("left-shift-mark"),
        Opt::value("right-shift-mark"),
        Opt::value("ctmask"),
        Opt::value("nfmask"),
        Opt::value("mask"),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let none = Self { mode: Mode::Set, mark: 0, connection: 0, packet: 0, shift: 0, right: false, old: false, given: true };
        match raw.revision {
            0 => {
                let info: Info0 = raw.read()?;
                let mask = info.mask as u32;
                Some(Self { mode: mode(info.mode)?, mark: info.mark as u32, connection: mask, packet: mask, old: true, ..none })
            }
            1 => {
                let info: Info1 = raw.read()?;
                Some(Self { mode: mode(info.mode)?, mark: info.mark, connection: info.connection, packet: info.packet, ..none })
            }
            2 => {
                let Info2 { mark, connection, packet, right, shift, mode: number } = raw.read()?;
                Some(Self { mode: mode(number)?, mark, connection, packet, shift, right: right != 0, ..none })
            }
            _ => None,
        }
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { mode: Mode::Set, mark: 0, connection: u32::MAX, packet: u32::MAX, shift: 0, right: false, old: false, given: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        let number = || given.number(u32::MAX.into()).map(|number| number as u32);
        match given.name {
            "save-mark" => self.mode = Mode::Save,
            "restore-mark" => self.mode = Mode::Restore,
            "set-xmark" => (self.mark, self.connection) = given.masked()?,
            "set-mark" => {
                let (mark, mask) = given.masked()?;
                (self.mark, self.connection) = (mark, mark | mask);
            }
            "and-mark" => (self.mark, self.connection) = (0, !number()?),
            "or-mark" => (self.mark, self.connection) = (number()?, number()?),
            "xor-mark" => (self.mark, self.connection) = (number()?, 0),
            "left-shift-mark" => (self.shift, self.right) = (given.number(32)? as u8, false),
            "right-shift-mark" => (self.shift, self.right) = (given.number(32)? as u8, true),
            "ctmask" => self.connection = number()?,
            "nfmask" => self.packet = number()?,
            _ => (self.connection, self.packet) = (number()?, number()?),
        }
        self.given |= given.name.ends_with("mark");
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.given { Ok(()) } else { Err("CONNMARK lacks what to do: --set-mark, --save-mark, --restore-mark, …".to_owned()) }
    }

    fn write(&self, line: &mut Line) {
        if self.old {
            return self.write_old(line);
        }
        match self.mode {
            Mode::Set => line.option(false, "--set-xmark", format!("{:#x}/{:#x}", self.mark, self.connection)),
            Mode::Save | Mode::Restore => {
                line.flag(false, if self.mode == Mode::Save { "--save-mark" } else { "--restore-mark" });
                line.option(false, "--nfmask", format!("{:#x}", self.packet));
                line.option(false, "--ctmask", format!("{:#x}", self.connection));
            }
        }
        if self.shift != 0 {
            line.option(false, if self.right { "--right-shift-mark" } else { "--left-shift-mark" }, self.shift);
        }
    }
}

impl Connmark {
    /// `CONNMARK_save`.
    fn write_old(&self, line: &mut Line) {
        let masked = self.connection != u32::MAX;
        match self.mode {
            Mode::Set if masked => line.option(false, "--set-mark", format!("{:#x}/{:#x}", self.mark, self.connection)),
            Mode::Set => line.option(false, "--set-mark", format!("{:#x}", self.mark)),
            Mode::Save | Mode::Restore => {
                line.raw(if self.mode == Mode::Save { " --save-mark " } else { " --restore-mark " });
                if masked {
                    line.raw(&format!("--mask {:#x}", self.connection));
                }
            }
        }
    }
}
