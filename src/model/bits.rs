//! What a register holds: a string of bits, each a constant or a bit of a field.
//!
//! Everything that nf_tables does to a register before comparing it (loads of any slice, mask and xor, shifts, byte order) only moves bits,
//! fixes them or flips them. So one form is exact for all of it.

use smallvec::SmallVec;

use super::Field;

/// A string of bits, most significant (first byte in memory) first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bits(pub SmallVec<[Part; 2]>);

/// A run of bits from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// Number of bits, 1 to 128.
    pub width: u8,
    /// Where they come from.
    pub source: Source,
}

/// Where a run of bits comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Always these bits.
    Constant(u128),
    /// The bits `low .. low + width` of a field (bit 0 is its least significant), flipped where `flip` (aligned to the run) has a one.
    Field { field: Field, low: u8, flip: u128 },
}
