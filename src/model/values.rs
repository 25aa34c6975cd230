//! A set of values of one field, exact: sorted intervals, or a small bit-level decision diagram where masks make too many of them.

/// A set of numbers of `width` bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Values {
    width: u8,
}

impl Values {
    /// No value.
    #[must_use]
    pub fn none(width: u8) -> Self {
        Self { width }
    }
    /// Every value.
    #[must_use]
    pub fn all(_width: u8) -> Self {
        todo!()
    }
    /// One value.
    #[must_use]
    pub fn one(_width: u8, _value: u128) -> Self {
        todo!()
    }
    /// The values from `low` to `high`, both included.
    #[must_use]
    pub fn range(_width: u8, _low: u128, _high: u128) -> Self {
        todo!()
    }
    /// The union of inclusive ranges, in any order.
    pub fn from_ranges(_width: u8, _ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        todo!()
    }
    /// The values `v` with `v & mask == value & mask`.
    #[must_use]
    pub fn masked(_width: u8, _mask: u128, _value: u128) -> Self {
        todo!()
    }
    /// The values whose bits `low .. low + slice.width()` are in `slice`.
    #[must_use]
    pub fn with_slice(_width: u8, _low: u8, _slice: &Self) -> Self {
        todo!()
    }
    /// Its width in bits.
    #[must_use]
    pub fn width(&self) -> u8 {
        self.width
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    #[must_use]
    pub fn is_all(&self) -> bool {
        todo!()
    }
    #[must_use]
    pub fn contains(&self, _value: u128) -> bool {
        todo!()
    }
    /// Some member (the smallest), if there is one.
    #[must_use]
    pub fn first(&self) -> Option<u128> {
        todo!()
    }
    /// The only member, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<u128> {
        todo!()
    }
    #[must_use]
    pub fn and(&self, _other: &Self) -> Self {
        todo!()
    }
    #[must_use]
    pub fn or(&self, _other: &Self) -> Self {
        todo!()
    }
    #[must_use]
    pub fn minus(&self, _other: &Self) -> Self {
        todo!()
    }
    #[must_use]
    pub fn complement(&self) -> Self {
        todo!()
    }
    /// How `self` lies to `other`, without building anything.
    #[must_use]
    pub fn relation(&self, _other: &Self) -> Relation {
        todo!()
    }
    /// The maximal intervals in order; None if there are more than `limit`.
    #[must_use]
    pub fn ranges(&self, _limit: usize) -> Option<Vec<(u128, u128)>> {
        todo!()
    }
    /// If it is `{v : v & mask == value}` for one mask, that mask and value.
    #[must_use]
    pub fn as_mask(&self) -> Option<(u128, u128)> {
        todo!()
    }
    /// The values `v` with `f(v)` here, where `f` flips the bits of `flip` and takes `width` bits from bit `low`: used to look through a view.
    #[must_use]
    pub fn flipped(&self, _flip: u128) -> Self {
        todo!()
    }
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
