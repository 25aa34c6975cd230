//! ipset: typed sets, their printing as `ipset save` writes them, and the way back from that text.
//!
//! The sixteen types of sets ([`kind::KINDS`]) are three ways of storage over eight kinds of parts ([`Dimension`]): `hash:net,port` is a hash of
//! a network and a port. So a type is data, and there is a file for each kind of part under [`part`], with its decoding, its printing and
//! its parsing side by side.

pub mod decode;

pub mod extensions;

pub mod kind;

pub mod options;

pub mod parse;

pub mod part;

pub mod print;

pub mod reference;

pub use extensions::Extensions;
pub use kind::{Dimension, Kind, Storage};
pub use options::Options;
pub use part::Part;
pub use reference::{Reference, Side};

use smallvec::SmallVec;

/// All ipsets of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ipsets {
    /// In the order in which the kernel lists them, or in which a text creates them.
    pub sets: Vec<Set>,
    /// What could not be read, each as a sentence.
    pub incomplete: Vec<String>,
}

impl Ipsets {
    /// The set of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.name == name)
    }

    /// The set that rules of the kernel name by this number (`ip_set_id_t`).
    #[must_use]
    pub fn by_index(&self, index: u16) -> Option<&Set> {
        self.sets.iter().find(|set| set.index == Some(index))
    }
}

/// The IP version of a set's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Family {
    /// Of a set without addresses, which packets of both versions can match.
    #[default]
    Any,
    V4,
    V6,
}

impl Family {
    /// `NFPROTO_*`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Any => 0,
            Self::V4 => 2,
            Self::V6 => 10,
        }
    }

    /// Bits of an address.
    #[must_use]
    pub const fn width(self) -> u8 {
        match self {
            Self::V6 => 128,
            Self::V4 | Self::Any => 32,
        }
    }
}

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub name: String,
    /// The type's name as the kernel or the text has it.
    pub kind_name: String,
    /// The type, if this program knows it.
    pub kind: Option<&'static Kind>,
    pub family: Family,
    /// Revision of the type; none in a text.
    pub revision: Option<u8>,
    /// The number by which rules name it; none in a text, and in kernels before 5.0 (protocol 6).
    pub index: Option<u16>,
    pub options: Options,
    pub elements: Elements,
}

/// What a set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elements {
    /// All of it, in the kernel's order.
    Whole(Vec<Element>),
    /// Too much to read: single keys are asked. `count` if known.
    AskedByKey { count: Option<u64> },
    /// It could not be read, and why.
    Unknown(String),
}

impl Elements {
    /// The elements that are here.
    #[must_use]
    pub fn known(&self) -> &[Element] {
        match self {
            Self::Whole(elements) => elements,
            Self::AskedByKey { .. } | Self::Unknown(_) => &[],
        }
    }
}

/// The parts of a key, one for each dimension of the type; `bitmap:ip,mac` may lack the second.
pub type Key = SmallVec<[Part; 1]>;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub key: Key,
    /// What else is kept with it; none if nothing is.
    pub extensions: Option<Box<Extensions>>,
}

impl Element {
    /// Whether it takes its key out of the set instead of adding it (`nomatch`).
    #[must_use]
    pub fn is_exception(&self) -> bool {
        self.extensions.as_ref().is_some_and(|extensions| extensions.nomatch)
    }
}

#[cfg(test)]
mod tests;
