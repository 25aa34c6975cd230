//! Sets and maps, and what is known of their elements.

use super::{Data, Expr, expr::Verdict};

/// A set or map, as described by the kernel.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// Its name; anonymous sets are called `__set0`, `__map0` and so on.
    pub name: String,
    /// The kernel's handle.
    pub handle: u64,
    /// `NFT_SET_*` flags: 1 anonymous, 2 constant, 4 interval, 8 map, 16 timeout, 32 eval (dynamic), 64 object map, 128 concatenation.
    pub flags: u32,
    /// nft's number of the key's data type (concatenations: six bits a field).
    pub key_type: u32,
    /// Bytes of a key.
    pub key_len: u32,
    /// nft's number of the data type of a map; `0xffffff00` is a verdict.
    pub data_type: Option<u32>,
    /// Bytes of a map's data.
    pub data_len: u32,
    /// `NFT_OBJECT_*` of an object map.
    pub object_type: Option<u32>,
    /// Bytes of each field of a concatenation, padding to 4 not included; empty if the kernel did not say.
    pub field_lens: Vec<u32>,
    /// The limit that the user set on the number of elements.
    pub size: Option<u32>,
    /// Default timeout of elements in milliseconds.
    pub timeout: Option<u64>,
    /// Milliseconds between two sweeps for expired elements, if the user set it.
    pub gc_interval: Option<u32>,
    /// `NFT_SET_POL_*`: 0 performance, 1 memory.
    pub policy: u32,
    /// Stateful expressions that every new element gets (a counter, a limit).
    pub exprs: Vec<Expr>,
    /// nft's own notes (typeof, byte order, comment), as raw user data.
    pub userdata: Vec<u8>,
    /// The elements, as far as they were collected.
    pub elements: Elements,
}

/// What was collected of a set's elements.
#[derive(Debug, Clone)]
pub enum Elements {
    /// All of them.
    Whole(Vec<Element>),
    /// Too many: single keys are asked through the world. `count` is their number, if the kernel told it.
    AskedByKey {
        /// How many there are, if known.
        count: Option<u64>,
    },
}

impl Default for Elements {
    fn default() -> Self {
        Self::Whole(Vec::new())
    }
}

/// One element of a set. In an interval set without `key_end`, an element starts an interval that reaches to the next element with
/// the interval-end flag.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// The key; empty for the catch-all `*`.
    pub key: Data,
    /// The inclusive end of a concatenated range.
    pub key_end: Option<Data>,
    /// `NFT_SET_ELEM_*`: 1 interval end, 2 catch-all.
    pub flags: u32,
    /// What a map leads to.
    pub value: Option<ElementValue>,
    /// Milliseconds for which the element lives.
    pub timeout: Option<u64>,
    /// Milliseconds that are left.
    pub expiration: Option<u64>,
    /// `comment "…"`.
    pub comment: Option<String>,
    /// Counters and limits of the element.
    pub exprs: Vec<Expr>,
}

/// What an element of a map leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementValue {
    /// Data for a register.
    Data(Data),
    /// A verdict.
    Verdict(Verdict),
    /// The name of an object.
    Object(String),
}
