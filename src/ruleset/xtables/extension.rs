//! What every match and target has: a structure in the kernel, a text, and options on the command line.
//!
//! To add one: its file under `matches` or `targets` with an implementation of [`Extension`], its line in the list there, and its meaning
//! in `lower/xtables`.

use super::{
    options::{Given, Opt, Rule},
    print::Line,
};
use crate::model::IpVersion;

/// An extension's structure as the kernel holds it.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// The kernel's name for it.
    pub name: &'a str,
    pub revision: u8,
    /// The structure, in the host's byte order unless it says otherwise.
    pub info: &'a [u8],
    /// Of the table that the rule is in.
    pub version: IpVersion,
}

impl Raw<'_> {
    /// A string of the structure: where it begins, and the room that it has.
    #[must_use]
    pub fn text(&self, at: usize, room: usize) -> Option<Box<str>> {
        let text = self.info.get(at..at.checked_add(room)?)?.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into())
    }

    /// The structure at its beginning.
    #[must_use]
    pub fn read<T: zerocopy::FromBytes>(&self) -> Option<T> {
        T::read_from_prefix(self.info).ok().map(|(read, _)| read)
    }
}

/// A match or target.
pub trait Extension: Sized {
    /// Names that it is known by in the kernel and on the command line, its own first.
    const NAMES: &'static [&'static str];

    /// Its options on the command line.
    const OPTIONS: &'static [Opt];

    /// At least one of its options has to be given.
    const NEEDS_OPTION: bool = false;

    /// Reads the kernel's structure; None if revision or length is not one that is known here.
    fn decode(raw: &Raw<'_>) -> Option<Self>;

    /// What it is after `-m NAME` or `-j NAME`, before any of its options. The name is one of [`Self::NAMES`].
    fn start(name: &str, rule: &Rule) -> Self;

    /// Takes one option. Errors say what is wrong with it, for the operator.
    fn option(&mut self, given: &Given<'_>) -> Result<(), String>;

    /// Whether the name is one of this IP version's: `icmp` is only iptables', `icmp6` only ip6tables'.
    #[must_use]
    fn fits(_name: &str, _version: IpVersion) -> bool {
        true
    }

    /// After all options: what is missing, for the operator.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// The protocol that a rule with it has to be of: the kernel refuses others (`xt_check_match`).
    fn protocol(&self) -> Option<u16> {
        None
    }

    /// After all options: what follows from several of them, then what is missing, for the operator.
    fn complete(&mut self) -> Result<(), String> {
        self.check()
    }

    /// The name that `iptables-save` prints for it.
    fn name(&self) -> &str {
        Self::NAMES[0]
    }

    /// Its options, as `iptables-save` prints them.
    fn write(&self, line: &mut Line);
}

/// An extension that is not known here, or in a revision that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    pub name: Box<str>,
    pub revision: u8,
    pub info: Box<[u8]>,
}

impl Foreign {
    /// Keeps all that is known of it.
    #[must_use]
    pub fn new(raw: &Raw<'_>) -> Self {
        Self { name: raw.name.into(), revision: raw.revision, info: raw.info.into() }
    }
}

/// Makes an enum of all extensions of one kind: each a file here, a variant, and a type of the same name.
macro_rules! extensions {
    ($(#[$doc:meta])* $kind:ident: $($module:ident $type:ident),* $(,)?) => {
        $(pub mod $module;)*

        $(pub use $module::$type;)*

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $kind {
            $($type(Box<$type>),)*
            /// One that is not known here.
            Foreign(Box<$crate::ruleset::xtables::extension::Foreign>),
        }

        impl $kind {
            /// Reads the kernel's structure.
            #[must_use]
            pub fn decode(raw: &$crate::ruleset::xtables::extension::Raw<'_>) -> Self {
                use $crate::ruleset::xtables::extension::{Extension as _, Foreign};
                $(if $type::NAMES.contains(&raw.name) {
                    if let Some(found) = $type::decode(raw) {
                        return Self::$type(Box::new(found));
                    }
                })*
                Self::Foreign(Box::new(Foreign::new(raw)))
            }

            /// One by its name on the command line, before its options; None if there is none of this name.
            #[must_use]
            pub fn start(name: &str, rule: &$crate::ruleset::xtables::options::Rule) -> Option<Self> {
                use $crate::ruleset::xtables::extension::Extension as _;
                $(if $type::NAMES.contains(&name) && $type::fits(name, rule.version) {
                    return Some(Self::$type(Box::new($type::start(name, rule))));
                })*
                None
            }

            /// The options that it takes.
            #[must_use]
            pub fn options(&self) -> &'static [$crate::ruleset::xtables::options::Opt] {
                use $crate::ruleset::xtables::extension::Extension as _;
                match self {
                    $(Self::$type(_) => $type::OPTIONS,)*
                    Self::Foreign(_) => &[],
                }
            }

            /// Takes one option.
            ///
            /// # Errors
            /// What is wrong with it.
            pub fn option(&mut self, given: &$crate::ruleset::xtables::options::Given<'_>) -> Result<(), String> {
                use $crate::ruleset::xtables::extension::Extension as _;
                match self {
                    $(Self::$type(each) => each.option(given),)*
                    Self::Foreign(_) => Err(format!("--{} is not known here", given.name)),
                }
            }

            /// After all options of the rule; `bare`: none of them was its own.
            ///
            /// # Errors
            /// What is missing.
            pub fn complete(&mut self, rule: &$crate::ruleset::xtables::options::Rule, bare: bool) -> Result<(), String> {
                use $crate::ruleset::xtables::extension::Extension as _;
                let needs_option = match self {
                    $(Self::$type(_) => $type::NEEDS_OPTION,)*
                    Self::Foreign(_) => false,
                };
                if bare && needs_option {
                    return Err(format!("{} lacks an option", self.name()));
                }
                let protocol = match self {
                    $(Self::$type(each) => each.protocol(),)*
                    Self::Foreign(_) => None,
                };
                if protocol.is_some() && protocol != rule.protocol {
                    return Err(format!("{} is for rules of its protocol, which -p names", self.name()));
                }
                match self {
                    $(Self::$type(each) => each.complete(),)*
                    Self::Foreign(_) => Ok(()),
                }
            }

            /// The name that `iptables-save` prints.
            #[must_use]
            pub fn name(&self) -> &str {
                use $crate::ruleset::xtables::extension::Extension as _;
                match self {
                    $(Self::$type(each) => each.name(),)*
                    Self::Foreign(foreign) => &foreign.name,
                }
            }

            /// Its options, as `iptables-save` prints them.
            pub fn write(&self, line: &mut $crate::ruleset::xtables::print::Line) {
                use $crate::ruleset::xtables::extension::Extension as _;
                match self {
                    $(Self::$type(each) => each.write(line),)*
                    // One of a text has its options in its name.
                    Self::Foreign(foreign) if foreign.info.is_empty() => {}
                    Self::Foreign(_) => line.raw(" [unsupported revision]"),
                }
            }
        }
    };
}

pub(super) use extensions;
