//! `-j LED` (`led_tg`, xt_LED.c): lights a lamp, and goes on.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
};

/// A lamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// The trigger's name, after `netfilter-`.
    pub name: Box<str>,
    /// Milliseconds that it stays on; -1 for ever.
    pub delay: i32,
    /// It blinks although it is on.
    pub blinks: bool,
}

/// `struct xt_led_info`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    id: [u8; ROOM],
    blinks: u8,
    delay: i32,
}

const ROOM: usize = 27;
const PREFIX: &str = "netfilter-";

impl Extension for Led {
    const NAMES: &'static [&'static str] = &["LED"];
    const OPTIONS: &'static [Opt] = &[Opt::value("led-trigger-id"), Opt::value("led-delay"), Opt::flag("led-always-blink")];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        let name = raw.text(0, info.id.len())?.get(PREFIX.len()..).unwrap_or_default().into();
        (raw.revision == 0).then_some(Self { name, delay: info.delay, blinks: info.blinks != 0 })
    }

    fn start(_name: &str, _rule: &Rule) -> Self {
        Self { name: "".into(), delay: 0, blinks: false }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "led-trigger-id" if given.value.len() >= ROOM - PREFIX.len() => return Err(given.bad("short enough for the name of a lamp")),
            "led-trigger-id" => self.name = given.value.into(),
            "led-delay" if given.value.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("inf")) => self.delay = -1,
            "led-delay" => self.delay = given.number(u32::MAX.into())? as u32 as i32,
            _ => self.blinks = true,
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() { Err("LED lacks --led-trigger-id".to_owned()) } else { Ok(()) }
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--led-trigger-id", format!("\"{}\"", self.name.replace('\\', "\\\\").replace('"', "\\\"")));
        match self.delay {
            -1 => line.option(false, "--led-delay", "inf"),
            delay if delay > 0 => line.option(false, "--led-delay", delay),
            _ => {}
        }
        if self.blinks {
            line.flag(false, "--led-always-blink");
        }
    }
}
