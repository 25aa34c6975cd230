//! What the machine needs of a set of packets.

use crate::model::{Field, HeaderSet, Values, values::Relation};

/// A set of packets over original fields, conditions and choices.
pub trait Space: Clone {
    /// How the values of a field lie to `values`.
    fn relation(&self, field: Field, values: &Values) -> Relation;
    /// The part inside and the part outside.
    fn split(self, field: Field, values: &Values) -> (Self, Self);
    /// Adds another part.
    fn merge(&mut self, other: Self);
    /// Whether nothing is in it.
    fn is_empty(&self) -> bool;
}

impl Space for HeaderSet {
    fn relation(&self, field: Field, values: &Values) -> Relation {
        Self::relation(self, field, values)
    }
    fn split(self, field: Field, values: &Values) -> (Self, Self) {
        Self::split(self, field, values)
    }
    fn merge(&mut self, other: Self) {
        *self = std::mem::take(self).or(other);
    }
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}
