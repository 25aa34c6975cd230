//! Numbers out of the packet's bytes: what `-m u32` and `-m bpf` compute with.

use crate::{
    lower::{context::Context, nft::fragment},
    model::{Bits, Field, IpVersion, Test, Values, bits::ones, compare},
};

/// A number of 32 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    bits: Bits,
    /// Those of the bits that are not known: the number has ones there.
    unknown: u32,
}

/// A number that was read, and what must hold for it to be there.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub word: Word,
    pub there: Test,
    /// It is only right in packets that are no fragments.
    pub whole: bool,
}

/// More cases than this are not told apart.
const CASES: u32 = 64;

/// One, two or four bytes, in network order, from so many bytes behind the beginning of the network header. None beyond all packets.
pub fn load(offset: u32, size: usize, context: &Context<'_>) -> Option<Loaded> {
    let (offset, last) = (offset as usize, offset as usize + size);
    if last > usize::from(u16::MAX) {
        return None;
    }
    let headers = &context.headers;
    let mut bits = Bits::constant((32 - 8 * size) as u8, 0);
    bits.append(&headers.network(offset, size));
    // The payload length of IPv6 is not made of a field's bits.
    let apart = |at: &usize| headers.payload_length(*at, 1);
    let unknown = (offset..last).filter(apart).fold(0, |unknown, at| unknown | 0xff << (8 * (last - 1 - at)));
    let v6 = context.version == IpVersion::V6;
    Some(Loaded {
        word: Word { bits, unknown },
        there: if last <= headers.network_length() { Test::Always } else { long(last) },
        whole: v6 && (headers.next_header(offset, size) || last > headers.network_length()),
    })
}

/// The packet has so many bytes.
fn long(bytes: usize) -> Test {
    Test::is(Field::Length, Values::range(16, bytes as u128, u16::MAX.into()))
}

/// A test that is only right in packets that are no fragments.
pub fn in_whole_packets(test: Test, context: &mut Context<'_>) -> Test {
    let open = Test::Condition(context.fragment_condition());
    Test::any([Test::all([fragment().negate(), test]), Test::all([fragment(), open])])
}

impl Word {
    /// A constant.
    pub fn constant(value: u32) -> Self {
        Self { bits: Bits::constant(32, value.into()), unknown: 0 }
    }

    /// A field of at most 32 bits.
    pub fn field(field: Field, version: IpVersion) -> Self {
        let mut bits = Bits::constant(32 - field.width(version), 0);
        bits.append(&Bits::field(field, version));
        Self { bits, unknown: 0 }
    }

    /// One that is not known.
    pub fn unknown() -> Self {
        Self { bits: Bits::constant(32, 0), unknown: u32::MAX }
    }

    pub fn as_constant(&self) -> Option<u32> {
        self.bits.as_constant().filter(|_| self.unknown == 0).map(|value| value as u32)
    }

    pub fn and(&self, with: u32) -> Self {
        Self { bits: self.bits.and(&with.to_be_bytes()), unknown: self.unknown & with }
    }

    pub fn or(&self, with: u32) -> Self {
        Self { bits: self.bits.or(&with.to_be_bytes()), unknown: self.unknown & !with }
    }

    pub fn xor(&self, with: u32) -> Self {
        Self { bits: self.bits.xor(&with.to_be_bytes()), unknown: self.unknown }
    }

    /// Shifted by less than 32: what the kernel does beyond depends on the processor.
    pub fn left(&self, by: u32) -> Self {
        match by {
            0..32 => Self { bits: self.bits.shift_left(by as usize), unknown: self.unknown << by },
            _ => Self::unknown(),
        }
    }

    /// The same the other way.
    pub fn right(&self, by: u32) -> Self {
        match by {
            0..32 => Self { bits: self.bits.shift_right(by as usize), unknown: self.unknown >> by },
            _ => Self::unknown(),
        }
    }

    /// It lies in one of the ranges; None if that can't be told.
    pub fn within(&self, ranges: &[(u32, u32)], version: IpVersion) -> Option<Test> {
        let ranges: Vec<_> =
            ranges.iter().filter(|(low, high)| low <= high).map(|(low, high)| (u128::from(*low), u128::from(*high))).collect();
        match ranges.as_slice() {
            [] => Some(Test::Never),
            [(0, high)] if *high == ones(32) => Some(Test::Always),
            _ if self.unknown != 0 => None,
            ranges => compare::within(&self.bits, ranges, version),
        }
    }

    /// Its values, with a test for each; None if they are too many.
    pub fn cases(&self, version: IpVersion) -> Option<Vec<(u32, Test)>> {
        if let Some(value) = self.as_constant() {
            return Some(vec![(value, Test::Always)]);
        }
        let free: Vec<u32> = (0..32).filter(|at| self.bits.slice(31 - at, 1).as_constant().is_none()).map(|at| at as u32).collect();
        if self.unknown != 0 || 1_u32.checked_shl(free.len() as u32).is_none_or(|cases| cases > CASES) {
            return None;
        }
        let lowest = self.bits.value(|_| Some(0))? as u32 & !free.iter().fold(0, |mask, at| mask | 1 << at);
        let value = |case: u32| (0..).zip(&free).fold(lowest, |value, (bit, at)| value | (case >> bit & 1) << at);
        (0..1 << free.len()).map(|case| Some((value(case), self.within(&[(value(case), value(case))], version)?))).collect()
    }
}
