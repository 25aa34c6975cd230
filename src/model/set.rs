//! Sets and maps as rules read them.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Values, Verdict};

/// Number of a set in [`super::Host::sets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub u32);

/// A set or map.
#[derive(Debug, Clone)]
pub struct MatchSet {
    /// `NFPROTO_*` of its table, or of an ipset.
    pub family: u8,
    /// Its table; empty for an ipset.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Width in bits of each field of the key, without padding.
    pub widths: SmallVec<[u8; 2]>,
    /// Packets may add or delete elements.
    pub dynamic: bool,
    /// Which part of the kernel keeps it.
    pub keeper: Keeper,
    /// What it holds.
    pub content: Content,
}

/// Which part of the kernel keeps a set: it is asked for single keys there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    NfTables,
    /// ipset. The parts tell what each field of a key is; with `exceptions` the question is whether an exception holds the key.
    Ipset {
        parts: SmallVec<[KeyPart; 3]>,
        exceptions: bool,
    },
}

/// What a field of an ipset's key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    Address,
    SecondAddress,
    Protocol,
    Port,
    Mac,
    Mark,
    /// The index of an interface, asked for by its name.
    Interface,
}

/// What a set holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// A set whose key is one field: the keys, as numbers in register order.
    Keys(Values),
    /// A concatenation or a map: its elements, ordered for search by the first field's lower end.
    Elements { elements: Vec<Element>, catch_all: Option<Option<Data>> },
    /// Keys under masks: of the tiers in order, the first that has the key under its masks tells whether the set holds it (ipset, where the
    /// most specific network decides).
    Tiers(Vec<Tier>),
    /// Too big to hold: the world is asked for single keys. `count` if known.
    Asked { count: Option<u64> },
    /// Not known, and why.
    Unknown(String),
}

/// Keys under one mask for each field, and whether each is in the set or an exception.
#[derive(Debug, Clone)]
pub struct Tier {
    pub masks: SmallVec<[u128; 3]>,
    pub keys: FxHashMap<SmallVec<[u128; 3]>, bool>,
}

impl Tier {
    /// Whether it holds the key; none if it does not have it.
    #[must_use]
    pub fn find(&self, key: &[u128]) -> Option<bool> {
        let masked: SmallVec<[u128; 3]> = key.iter().zip(&self.masks).map(|(value, mask)| value & mask).collect();
        self.keys.get(&masked).copied()
    }
}

/// An element.
#[derive(Debug, Clone)]
pub struct Element {
    /// Inclusive range of each field of the key, numbers in register order.
    pub key: SmallVec<[(u128, u128); 2]>,
    /// What a map leads to.
    pub data: Option<Data>,
}

/// What an element of a map leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Data {
    /// A verdict.
    Verdict(Verdict),
    /// Register words, in register order.
    Words(SmallVec<[u32; 4]>),
    /// Something that does not decide a packet (a counter object).
    Nothing,
}

impl MatchSet {
    /// Whether both are the same set, in the shapes of different keys.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (self.family, &self.table, &self.name) == (other.family, &other.table, &other.name)
    }

    /// The element that holds a key, of a set whose elements are all here.
    #[must_use]
    pub fn find(&self, key: &[u128]) -> Option<&Element> {
        let Content::Elements { elements, .. } = &self.content else { return None };
        let first = *key.first()?;
        let from_first = elements.partition_point(|element| element.key.first().is_some_and(|(low, _)| *low <= first));
        let holds = |element: &&Element| {
            element.key.len() == key.len() && element.key.iter().zip(key).all(|((low, high), value)| low <= value && value <= high)
        };
        // Single keys stand last among those that begin at or below them; ranges may reach up from further down.
        elements[..from_first].iter().rev().find(holds)
    }
}
