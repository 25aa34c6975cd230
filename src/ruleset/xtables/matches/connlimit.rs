//! `-m connlimit` (`connlimit_mt`, xt_connlimit.c).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::ruleset::xtables::{
    extension::{Extension, Raw},
    options::{Given, Opt, Rule},
    print::Line,
    header::{mask, width},
};

/// So many connections that are there already, of one address or network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connlimit {
    pub limit: u32,
    /// Holds up to the limit, else above it.
    pub upto: bool,
    /// Counts by destination; None in the revision that knows only sources.
    pub by_destination: Option<bool>,
    /// What of the addresses is told apart.
    pub mask: u128,
}

/// `struct xt_connlimit_info`, what of it is not the kernel's own.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Info {
    mask: [u8; 16],
    limit: u32,
    flags: u32,
}

/// `XT_CONNLIMIT_*`.
const UPTO: u32 = 1;
const BY_DESTINATION: u32 = 2;

impl Extension for Connlimit {
    const NAMES: &'static [&'static str] = &["connlimit"];
    const OPTIONS: &'static [Opt] = &[
        Opt::value("connlimit-upto").excludes(&["connlimit-above"]),
        Opt::value("connlimit-above").excludes(&["connlimit-upto"]),
        Opt::value("connlimit-mask").plain(),
        Opt::flag("connlimit-saddr").plain().excludes(&["connlimit-daddr"]),
        Opt::flag("connlimit-daddr").plain().excludes(&["connlimit-saddr"]),
    ];

    fn decode(raw: &Raw<'_>) -> Option<Self> {
        let info: Info = raw.read()?;
        (raw.revision <= 1).then(|| Self {
            limit: info.limit,
            upto: info.flags & UPTO != 0,
            by_destination: (raw.revision == 1).then_some(info.flags & BY_DESTINATION != 0),
            mask: u128::from_be_bytes(info.mask) >> (128 - u32::from(width(raw.version))),
        })
    }

    fn start(_name: &str, rule: &Rule) -> Self {
        Self { limit: 0, upto: false, by_destination: None, mask: mask(width(rule.version), rule.version) }
    }

    fn option(&mut self, given: &Given<'_>) -> Result<(), String> {
        match given.name {
            "connlimit-saddr" => self.by_destination = Some(false),
            "connlimit-daddr" => self.by_destination = Some(true),
            "connlimit-mask" => self.mask = mask(given.prefix_length()?, given.rule.version),
            name => {
                self.limit = given.word()?;
                self.upto = (name == "connlimit-upto") != given.inverted;
                // Only now is it one that is complete.
                self.by_destination = self.by_destination.or(Some(false));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.by_destination.map(|_| ()).ok_or_else(|| "--connlimit-upto or --connlimit-above is needed".to_owned())
    }

    fn write(&self, line: &mut Line) {
        line.option(false, if self.upto { "--connlimit-upto" } else { "--connlimit-above" }, self.limit);
        // `count_bits4`, `count_bits6`: bits above the highest that is not set, of each word of 32 bits.
        let words = (0..width(line.version) / 32).map(|word| !((self.mask >> (32 * u32::from(word))) as u32));
        let clear: u32 = words.map(|word| 32 - word.leading_zeros()).sum();
        line.option(false, "--connlimit-mask", u32::from(width(line.version)) - clear);
        if let Some(by_destination) = self.by_destination {
            line.flag(false, if by_destination { "--connlimit-daddr" } else { "--connlimit-saddr" });
        }
    }
}
