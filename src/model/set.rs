//! Sets and maps as rules read them.

use smallvec::SmallVec;

use super::{Values, Verdict};

/// Number of a set in [`super::Host::sets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub u32);

/// A set or map.
#[derive(Debug, Clone)]
pub struct MatchSet {
    /// `NFPROTO_*` of its table.
    pub family: u8,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Width in bits of each field of the key, without padding.
    pub widths: SmallVec<[u8; 2]>,
    /// Packets may add or delete elements.
    pub dynamic: bool,
    /// What it holds.
    pub content: Content,
}

/// What a set holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// A set whose key is one field: the keys, as numbers in register order.
    Keys(Values),
    /// A concatenation or a map: its elements, ordered for search by the first field's lower end.
    Elements { elements: Vec<Element>, catch_all: Option<Option<Data>> },
    /// Too big to hold: the world is asked for single keys. `count` if known.
    Asked { count: Option<u64> },
    /// Not known, and why.
    Unknown(String),
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
