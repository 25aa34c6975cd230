//! What a register can hold: bits of fields, or a number that follows from one field in another way.

use std::sync::Arc;

use crate::model::{Bits, Field, IpVersion, Test, Values, bits::ones, compare};

/// The content of some bytes of the registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Bits(Bits),
    Derived(Derived),
}

/// A number of at most 128 bits that follows from one field, but is not made of its bits: an interface's name, a length without header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Derived {
    pub field: Field,
    pub width: u8,
    pub rule: Rule,
}

/// How a derived number follows from its field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Rule {
    /// For each value of the field that occurs, the number.
    Table(Arc<[(u32, u128)]>),
    /// The field less a constant.
    Minus(u32),
}

impl Derived {
    /// The values of the field for which the number is in one of the ranges.
    #[must_use]
    pub fn preimage(&self, ranges: &[(u128, u128)], version: IpVersion) -> Values {
        let width = self.field.width(version);
        match &self.rule {
            Rule::Table(rows) => {
                let holds = |number: u128| ranges.iter().any(|&(low, high)| low <= number && number <= high);
                let keys = rows.iter().filter(|(_, number)| holds(*number)).map(|&(key, _)| (u128::from(key), u128::from(key)));
                Values::from_ranges(width, keys)
            }
            Rule::Minus(less) => {
                let (less, last) = (u128::from(*less), ones(width));
                let shifted = ranges.iter().map(|&(low, high)| (low.saturating_add(less), high.saturating_add(less).min(last)));
                Values::from_ranges(width, shifted.filter(|(low, high)| low <= high))
            }
        }
    }

    /// The same with each number replaced; None where the numbers are not listed.
    #[must_use]
    pub fn map(&self, width: u8, number: impl Fn(u128) -> u128) -> Option<Self> {
        match &self.rule {
            Rule::Table(rows) => {
                let rows = rows.iter().map(|&(key, old)| (key, number(old))).collect();
                Some(Self { field: self.field, width, rule: Rule::Table(rows) })
            }
            Rule::Minus(_) => None,
        }
    }
}

impl Value {
    /// Number of bits.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::Bits(bits) => bits.width(),
            Self::Derived(derived) => usize::from(derived.width),
        }
    }

    /// `width` bits from bit `from` on, counted from the most significant; None where that is not known.
    #[must_use]
    pub fn slice(&self, from: usize, width: usize) -> Option<Self> {
        match self {
            Self::Bits(bits) => Some(Self::Bits(bits.slice(from, width))),
            Self::Derived(derived) if from == 0 && width == usize::from(derived.width) => Some(self.clone()),
            Self::Derived(derived) => {
                let below = usize::from(derived.width).checked_sub(from + width)?;
                derived.map(width as u8, |number| number.checked_shr(below as u32).unwrap_or(0) & ones(width as u8)).map(Self::Derived)
            }
        }
    }

    /// Whether it depends on a field.
    #[must_use]
    pub fn reads(&self, field: Field) -> bool {
        match self {
            Self::Bits(bits) => bits.fields().any(|other| other == field),
            Self::Derived(derived) => derived.field == field,
        }
    }

    /// The value, read as a number, lies in one of these ranges.
    #[must_use]
    pub fn within(&self, ranges: &[(u128, u128)], version: IpVersion) -> Option<Test> {
        match self {
            Self::Bits(bits) => compare::within(bits, ranges, version),
            Self::Derived(derived) => Some(Test::is(derived.field, derived.preimage(ranges, version))),
        }
    }
}
