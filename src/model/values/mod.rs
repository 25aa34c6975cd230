//! A set of values of one field, exact: sorted intervals, or a small bit-level decision diagram where masks make too many of them.

mod algebra;

mod bits;

mod decisions;

mod equality;

mod intervals;

mod iter;

mod masks;

mod moves;

mod substitute;

pub use substitute::BitSource;

use std::sync::Arc;

pub(super) use bits::{ALL, NONE, Op};
use bits::{Diagram, ones};
use intervals::Intervals;

/// Up to so many intervals are never held as a diagram.
const FEW: usize = 64;

/// A set of numbers of `width` bits.
#[derive(Debug, Clone)]
pub struct Values {
    width: u8,
    form: Form,
}

/// A set of more than [`FEW`] intervals may be in either form, as it came about: a block list is cut by intervals, a mask is not. Equality
/// and hash look at the set, not at the form.
#[derive(Debug, Clone)]
enum Form {
    Intervals(Intervals),
    Bits(Arc<Diagram>),
}

/// How one set lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// All of `self` is in `other` (also when `self` is empty).
    Inside,
    /// None of it is.
    Outside,
    /// Some is and some is not.
    Across,
}

impl Values {
    /// No value.
    #[must_use]
    pub fn none(width: u8) -> Self {
        Self { width, form: Form::Intervals(Intervals::default()) }
    }

    /// Every value.
    #[must_use]
    pub fn all(width: u8) -> Self {
        Self::range(width, 0, ones(width))
    }

    /// One value; none if it does not fit the width.
    #[must_use]
    pub fn one(width: u8, value: u128) -> Self {
        Self::range(width, value, value)
    }

    /// The values from `low` to `high`, both included, as far as they fit the width.
    #[must_use]
    pub fn range(width: u8, low: u128, high: u128) -> Self {
        let high = high.min(ones(width));
        if low > high { Self::none(width) } else { Self::of(width, Intervals::one(low, high)) }
    }

    /// The union of inclusive ranges, in any order.
    pub fn from_ranges(width: u8, ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let max = ones(width);
        let mut ranges: Vec<_> =
            ranges.into_iter().filter(|(low, high)| low <= high && *low <= max).map(|(low, high)| (low, high.min(max))).collect();
        ranges.sort_unstable();
        Self::of(width, ranges.into_iter().collect())
    }

    /// Its width in bits.
    #[must_use]
    pub fn width(&self) -> u8 {
        self.width
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.form, Form::Intervals(intervals) if intervals.is_empty())
    }

    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(&self.form, Form::Intervals(intervals) if intervals.only() == Some((0, ones(self.width))))
    }

    #[must_use]
    pub fn contains(&self, value: u128) -> bool {
        match &self.form {
            Form::Intervals(intervals) => intervals.from(value).next().is_some_and(|r| r.0 <= value),
            Form::Bits(diagram) => value <= ones(self.width) && diagram.contains(value),
        }
    }

    /// Some member (the smallest), if there is one.
    #[must_use]
    pub fn first(&self) -> Option<u128> {
        match &self.form {
            Form::Intervals(intervals) => intervals.iter().next().map(|range| range.0),
            Form::Bits(diagram) => diagram.next(self.width, 0, true),
        }
    }

    /// The only member, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<u128> {
        match &self.form {
            Form::Intervals(intervals) => intervals.only().filter(|(low, high)| low == high).map(|range| range.0),
            Form::Bits(_) => None,
        }
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (&self.form, &other.form) {
            (Form::Intervals(a), Form::Intervals(b)) => Self::of(self.width, a.and(b)),
            _ => self.combine(Op::And, other),
        }
    }

    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.add(other);
        all
    }

    /// Adds the values of `other`; in place where they are few.
    pub fn add(&mut self, other: &Self) {
        if let (Form::Intervals(a), Form::Intervals(b)) = (&mut self.form, &other.form) {
            a.or(b);
        } else {
            *self = self.combine(Op::Or, other);
        }
    }

    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        rest.cut(other);
        rest
    }

    /// Takes the values of `other` out and returns them; in place where `other` is small.
    pub fn cut(&mut self, other: &Self) -> Self {
        if let (Form::Intervals(a), Form::Intervals(b)) = (&mut self.form, &other.form) {
            return Self::of(self.width, a.cut(b));
        }
        let taken = self.combine(Op::And, other);
        *self = self.combine(Op::Minus, other);
        taken
    }

    #[must_use]
    pub fn complement(&self) -> Self {
        let form = match &self.form {
            Form::Intervals(intervals) => Form::Intervals(intervals.gaps(ones(self.width)).collect()),
            Form::Bits(diagram) => Form::Bits(Arc::new(diagram.complement())),
        };
        Self { width: self.width, form }.settled()
    }

    /// How `self` lies to `other`, without building any set.
    #[must_use]
    pub fn relation(&self, other: &Self) -> Relation {
        let width = self.width;
        let (meets, escapes) = match (&self.form, &other.form) {
            (Form::Intervals(a), Form::Intervals(b)) => return a.relation(b, ones(width)),
            (Form::Intervals(a), Form::Bits(b)) => {
                (a.iter().any(|range| b.meets(width, range, true)), a.iter().any(|range| b.meets(width, range, false)))
            }
            (Form::Bits(a), Form::Intervals(b)) => {
                (b.iter().any(|range| a.meets(width, range, true)), b.gaps(ones(width)).any(|gap| a.meets(width, gap, true)))
            }
            (Form::Bits(a), Form::Bits(b)) => (a.shares(b, true), a.shares(b, false)),
        };
        match (meets, escapes) {
            (true, true) => Relation::Across,
            (_, false) => Relation::Inside,
            (false, true) => Relation::Outside,
        }
    }

    /// The maximal intervals in order; None if there are more than `limit`.
    #[must_use]
    pub fn ranges(&self, limit: usize) -> Option<Vec<(u128, u128)>> {
        let ranges: Vec<_> = match &self.form {
            Form::Intervals(intervals) => intervals.iter().take(limit.saturating_add(1)).collect(),
            Form::Bits(diagram) => diagram.ranges(self.width).take(limit.saturating_add(1)).collect(),
        };
        (ranges.len() <= limit).then_some(ranges)
    }

    fn of(width: u8, intervals: Intervals) -> Self {
        Self { width, form: Form::Intervals(intervals) }
    }

    fn combine(&self, op: Op, other: &Self) -> Self {
        let diagram = self.diagram().combine(op, &other.diagram());
        Self { width: self.width, form: Form::Bits(Arc::new(diagram)) }.settled()
    }

    fn diagram(&self) -> Arc<Diagram> {
        match &self.form {
            Form::Intervals(intervals) => Arc::new(Diagram::from_intervals(intervals, self.width)),
            Form::Bits(diagram) => Arc::clone(diagram),
        }
    }

    /// Back to intervals where they are few.
    fn settled(self) -> Self {
        match &self.form {
            Form::Bits(_) => match self.ranges(FEW) {
                Some(ranges) => Self::of(self.width, ranges.into_iter().collect()),
                None => self,
            },
            Form::Intervals(_) => self,
        }
    }
}

#[cfg(test)]
pub(super) mod oracle;

#[cfg(test)]
mod tests;
