//! An exact set of packets over all fields.

use super::{Field, Values, values::Relation};

/// A set of packets: a field that is not constrained takes any value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderSet {}

impl HeaderSet {
    /// No packet.
    #[must_use]
    pub fn empty() -> Self {
        todo!()
    }
    /// Every packet.
    #[must_use]
    pub fn all() -> Self {
        todo!()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    /// How the values of one field in this set lie to `values`; no allocation where the set is one box.
    #[must_use]
    pub fn relation(&self, _field: Field, _values: &Values) -> Relation {
        todo!()
    }
    /// The part whose field is in `values`, and the rest. Consumes the set, so that a narrow cut from a big set changes it in place.
    #[must_use]
    pub fn split(self, _field: Field, _values: &Values) -> (Self, Self) {
        todo!()
    }
    #[must_use]
    pub fn and(&self, _other: &Self) -> Self {
        todo!()
    }
    #[must_use]
    pub fn minus(&self, _other: &Self) -> Self {
        todo!()
    }
    /// Union.
    #[must_use]
    pub fn or(self, _other: Self) -> Self {
        todo!()
    }
    /// The same packets with this field taking any value (existential quantification).
    #[must_use]
    pub fn forget(&self, _field: Field) -> Self {
        todo!()
    }
    /// All values that the field takes in it.
    #[must_use]
    pub fn values(&self, _field: Field, _width: u8) -> Values {
        todo!()
    }
    /// Disjoint boxes that make it up; each a list of constrained fields in order.
    pub fn boxes(&self) -> impl Iterator<Item = Vec<(Field, Values)>> + '_ {
        std::iter::empty()
    }
    /// A packet of it: values for the constrained fields; any value does for the others.
    #[must_use]
    pub fn witness(&self) -> Option<Vec<(Field, u128)>> {
        todo!()
    }
    /// Whether a packet is in it.
    pub fn contains(&self, _packet: impl Fn(Field) -> u128) -> bool {
        todo!()
    }
    /// True if it outgrew its limit and lost exactness: what rests on it is unknown.
    #[must_use]
    pub fn is_overgrown(&self) -> bool {
        todo!()
    }
}
