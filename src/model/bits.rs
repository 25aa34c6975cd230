//! What a register holds: a string of bits, each a constant or a bit of a field.
//!
//! Everything that nf_tables does to a register before comparing it (loads of any slice, mask and xor, shifts, byte order) only moves bits,
//! fixes them or flips them. So one form is exact for all of it.

use smallvec::SmallVec;

use super::{Field, host::IpVersion};

/// A string of bits, most significant (first byte in memory) first. Adjacent runs of one source are always joined, so that equal strings
/// are equal values.
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

/// The number whose lowest `width` bits are ones.
#[must_use]
pub const fn ones(width: u8) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}

impl Part {
    /// The bits `from .. from + width` of the run, counted from its most significant.
    #[must_use]
    fn slice(self, from: u8, width: u8) -> Self {
        let below = self.width - from - width;
        let source = match self.source {
            Source::Constant(value) => Source::Constant(value >> below & ones(width)),
            Source::Field { field, low, flip } => Source::Field { field, low: low + below, flip: flip >> below & ones(width) },
        };
        Self { width, source }
    }

    /// This run followed by a less significant one, if they are one.
    fn join(self, next: Self) -> Option<Self> {
        let width = self.width.checked_add(next.width).filter(|width| *width <= 128)?;
        let glue = |high: u128, low: u128| if next.width == 128 { low } else { high << next.width | low };
        let source = match (self.source, next.source) {
            (Source::Constant(a), Source::Constant(b)) => Source::Constant(glue(a, b)),
            (Source::Field { field: f, low: a, flip: x }, Source::Field { field: g, low: b, flip: y }) if f == g && a == b + next.width => {
                Source::Field { field: f, low: b, flip: glue(x, y) }
            }
            _ => return None,
        };
        Some(Self { width, source })
    }
}

impl Bits {
    /// Constant bits.
    #[must_use]
    pub fn constant(width: u8, value: u128) -> Self {
        let mut bits = Self::default();
        bits.push(Part { width, source: Source::Constant(value & ones(width)) });
        bits
    }

    /// Constant bytes, first in memory first.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        let mut bits = Self::default();
        for chunk in bytes.chunks(16) {
            bits.push(Part { width: 8 * chunk.len() as u8, source: Source::Constant(number(chunk)) });
        }
        bits
    }

    /// A whole field.
    #[must_use]
    pub fn field(field: Field, version: IpVersion) -> Self {
        Self::run(field, 0, field.width(version))
    }

    /// The bits `low .. low + width` of a field.
    #[must_use]
    pub fn run(field: Field, low: u8, width: u8) -> Self {
        let mut bits = Self::default();
        bits.push(Part { width, source: Source::Field { field, low, flip: 0 } });
        bits
    }

    /// Number of bits.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.iter().map(|part| usize::from(part.width)).sum()
    }

    /// Appends less significant bits.
    pub fn push(&mut self, part: Part) {
        if part.width == 0 {
            return;
        }
        if let Some(last) = self.0.last_mut()
            && let Some(joined) = last.join(part)
        {
            *last = joined;
        } else {
            self.0.push(part);
        }
    }

    /// Appends less significant bits.
    pub fn append(&mut self, other: &Self) {
        for part in &other.0 {
            self.push(*part);
        }
    }

    /// The pieces in which bits of the same width differ: each is one part of both.
    #[must_use]
    pub fn apart(&self, other: &Self) -> Vec<(Self, Self)> {
        let ends = |bits: &Self| {
            let ends = bits.0.iter().scan(0, |end, part| {
                *end += usize::from(part.width);
                Some(*end)
            });
            ends.collect::<Vec<_>>()
        };
        let mut ends: Vec<usize> = ends(self).into_iter().chain(ends(other)).collect();
        ends.sort_unstable();
        ends.dedup();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let pieces = starts.zip(&ends).map(|(start, end)| (self.slice(start, end - start), other.slice(start, end - start)));
        pieces.filter(|(one, other)| one != other).collect()
    }

    /// `width` bits from bit `from` on, counted from the most significant. Beyond the end there is nothing.
    #[must_use]
    pub fn slice(&self, from: usize, width: usize) -> Self {
        let (mut slice, mut start, end) = (Self::default(), 0, from + width);
        for part in &self.0 {
            let stop = start + usize::from(part.width);
            let (low, high) = (from.max(start), end.min(stop));
            if low < high {
                slice.push(part.slice((low - start) as u8, (high - low) as u8));
            }
            start = stop;
        }
        slice
    }

    /// Combines each bit with one of a constant (first byte first; missing bytes are zeros).
    fn combine(&self, constant: &[u8], with: impl Fn(Part, bool) -> Part) -> Self {
        let bit = |at: usize| constant.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
        let (mut result, mut at) = (Self::default(), 0);
        for part in &self.0 {
            let mut from = 0;
            while from < part.width {
                let value = bit(at);
                let mut width = 1;
                while from + width < part.width && bit(at + usize::from(width)) == value {
                    width += 1;
                }
                result.push(with(part.slice(from, width), value));
                from += width;
                at += usize::from(width);
            }
        }
        result
    }

    /// Bitwise and with constant bytes.
    #[must_use]
    pub fn and(&self, constant: &[u8]) -> Self {
        self.combine(constant, |part, bit| if bit { part } else { Part { source: Source::Constant(0), ..part } })
    }

    /// Bitwise or with constant bytes.
    #[must_use]
    pub fn or(&self, constant: &[u8]) -> Self {
        self.combine(constant, |part, bit| if bit { Part { source: Source::Constant(ones(part.width)), ..part } } else { part })
    }

    /// Bitwise exclusive or with constant bytes.
    #[must_use]
    pub fn xor(&self, constant: &[u8]) -> Self {
        self.combine(constant, |part, bit| {
            let all = if bit { ones(part.width) } else { 0 };
            let source = match part.source {
                Source::Constant(value) => Source::Constant(value ^ all),
                Source::Field { field, low, flip } => Source::Field { field, low, flip: flip ^ all },
            };
            Part { source, ..part }
        })
    }

    /// Bitwise exclusive or of as many bits; None where neither of two bits is constant.
    #[must_use]
    pub fn flipped(&self, other: &Self) -> Option<Self> {
        let mut result = Self::default();
        for at in 0..self.width() {
            let (one, two) = (self.slice(at, 1), other.slice(at, 1));
            let (bits, flip) = two.as_constant().map(|flip| (&one, flip)).or_else(|| one.as_constant().map(|flip| (&two, flip)))?;
            // One bit stands at the upper end of its byte.
            result.append(&bits.xor(&[(flip as u8 & 1) << 7]));
        }
        Some(result)
    }

    /// Moves the bits to the more significant end, filling up with zeros; the width stays.
    #[must_use]
    pub fn shift_left(&self, by: usize) -> Self {
        let by = by.min(self.width());
        let mut result = self.slice(by, self.width() - by);
        result.push_zeros(by);
        result
    }

    /// Moves the bits to the less significant end, filling up with zeros; the width stays.
    #[must_use]
    pub fn shift_right(&self, by: usize) -> Self {
        let by = by.min(self.width());
        let mut result = Self::default();
        result.push_zeros(by);
        result.append(&self.slice(0, self.width() - by));
        result
    }

    /// Appends zeros.
    pub fn push_zeros(&mut self, mut width: usize) {
        while width > 0 {
            let some = width.min(128);
            self.push(Part { width: some as u8, source: Source::Constant(0) });
            width -= some;
        }
    }

    /// The bytes of each group of `size` in reverse order.
    #[must_use]
    pub fn swap_bytes(&self, size: usize) -> Self {
        let bytes = self.width() / 8;
        let mut result = Self::default();
        for group in (0..bytes).step_by(size.max(1)) {
            for byte in (group..bytes.min(group + size)).rev() {
                result.append(&self.slice(8 * byte, 8));
            }
        }
        result
    }

    /// Their value, if they are constant and at most 128.
    #[must_use]
    pub fn as_constant(&self) -> Option<u128> {
        match self.0.as_slice() {
            [] => Some(0),
            [Part { source: Source::Constant(value), .. }] => Some(*value),
            _ => None,
        }
    }

    /// The field of which they are the whole, unchanged.
    #[must_use]
    pub fn as_field(&self, version: IpVersion) -> Option<Field> {
        match self.0.as_slice() {
            [Part { width, source: Source::Field { field, low: 0, flip: 0 } }] if *width == field.width(version) => Some(*field),
            _ => None,
        }
    }

    /// The fields that they are made of, with repetitions.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.0.iter().filter_map(|part| match part.source {
            Source::Field { field, .. } => Some(field),
            Source::Constant(_) => None,
        })
    }

    /// Their value where the fields have these values; None if they are more than 128 or a field is not known.
    #[must_use]
    pub fn value(&self, field: impl Fn(Field) -> Option<u128>) -> Option<u128> {
        if self.width() > 128 {
            return None;
        }
        self.0.iter().try_fold(0_u128, |number, part| {
            let run = match part.source {
                Source::Constant(value) => value,
                Source::Field { field: source, low, flip } => (field(source)? >> low & ones(part.width)) ^ flip,
            };
            Some(if part.width == 128 { run } else { number << part.width | run })
        })
    }
}

/// The number that at most 16 bytes spell, first byte most significant.
#[must_use]
pub fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: IpVersion = IpVersion::V4;

    #[test]
    fn neighbours_of_one_field_are_one_run() {
        let mut bits = Bits::run(Field::Source, 16, 16);
        bits.append(&Bits::run(Field::Source, 0, 16));
        assert_eq!(bits, Bits::field(Field::Source, V4));
        assert_eq!(bits.as_field(V4), Some(Field::Source));
        assert_eq!(bits.slice(8, 16), Bits::run(Field::Source, 8, 16));
    }

    #[test]
    fn a_mask_fixes_bits_and_a_xor_flips_them() {
        let masked = Bits::field(Field::DestinationPort, V4).and(&[0xff, 0xf0]);
        assert_eq!(masked.value(|_| Some(0x1234)), Some(0x1230));
        let flipped = masked.xor(&[0x00, 0xff]);
        assert_eq!(flipped.value(|_| Some(0x1234)), Some(0x12cf));
        assert_eq!(flipped.xor(&[0x00, 0xff]), masked);
        assert_eq!(Bits::field(Field::Mark, V4).and(&[]).as_constant(), Some(0));
    }

    #[test]
    fn swapping_bytes_twice_changes_nothing() {
        let mark = Bits::field(Field::Mark, V4);
        assert_eq!(mark.swap_bytes(4).value(|_| Some(0x0102_0304)), Some(0x0403_0201));
        assert_eq!(mark.swap_bytes(4).swap_bytes(4), mark);
    }

    #[test]
    fn shifts_keep_the_width() {
        let port = Bits::field(Field::SourcePort, V4);
        assert_eq!(port.shift_left(4).value(|_| Some(0x1234)), Some(0x2340));
        assert_eq!(port.shift_right(4).value(|_| Some(0x1234)), Some(0x0123));
        assert_eq!(port.shift_right(40).as_constant(), Some(0));
    }

    #[test]
    fn a_whole_ipv6_address_is_one_run() {
        let mut bits = Bits::run(Field::Source, 64, 64);
        bits.append(&Bits::run(Field::Source, 0, 64));
        assert_eq!(bits.as_field(IpVersion::V6), Some(Field::Source));
        assert_eq!(bits.value(|_| Some(u128::MAX)), Some(u128::MAX));
        assert_eq!(Bits::bytes(&[0xff; 16]).as_constant(), Some(u128::MAX));
    }
}
