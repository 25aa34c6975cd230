//! What the machine needs of a set of packets.

use crate::model::{Field, HeaderSet, Side, Values, values::Relation};

/// A set of packets over original fields, conditions and choices. Parts are disjoint, so that merging loses nothing.
pub trait Space: Clone {
    /// Whether single packets are traced: each keeps its own events, and parts with different events stay apart.
    const TRACED: bool;
    /// How the values of a field lie to `values`.
    fn relation(&self, field: Field, values: &Values) -> Relation;
    /// The part inside and the part outside.
    fn split(self, field: Field, values: &Values) -> (Self, Self);
    /// Adds another part, or gives it back if the union has no form.
    ///
    /// # Errors
    /// The other part, unchanged.
    fn merge(&mut self, other: Self) -> Result<(), Self>;
    /// Whether nothing is in it.
    fn is_empty(&self) -> bool;
    /// The value of the field if all packets agree on it.
    fn single(&self, field: Field, width: u8) -> Option<u128>;
    /// Cuts it into parts that are alike in every field of which `undecided` is true, with those fields taken out and listed; none if
    /// there are too many.
    fn by_condition(self, undecided: impl Fn(Field) -> bool) -> Option<Vec<(Vec<Side>, Self)>>;
    /// Of these packets those that are in both of one of the pairs of parts, and the others.
    fn alike(self, pairs: Vec<(Vec<Self>, Vec<Self>)>) -> (Self, Self);
    /// The packets that are not in a part of them.
    fn without(self, part: &Self) -> Self;
    /// Whether it lost exactness.
    fn is_overgrown(&self) -> bool;
}

/// Each undecided thing may double the boxes of a set, and the ways in which it is decided.
const MOST_BOXES: usize = 1 << 16;
const MOST_WAYS: usize = 1 << 10;

impl Space for HeaderSet {
    const TRACED: bool = false;

    fn relation(&self, field: Field, values: &Values) -> Relation {
        Self::relation(self, field, values)
    }

    fn split(self, field: Field, values: &Values) -> (Self, Self) {
        Self::split(self, field, values)
    }

    fn merge(&mut self, other: Self) -> Result<(), Self> {
        *self = std::mem::take(self).or(other);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn single(&self, field: Field, width: u8) -> Option<u128> {
        self.values(field, width).single()
    }

    fn by_condition(self, undecided: impl Fn(Field) -> bool) -> Option<Vec<(Vec<Side>, Self)>> {
        if !self.may_constrain(&undecided) {
            return Some(if self.is_empty() { Vec::new() } else { vec![(Vec::new(), self)] });
        }
        let mut groups: Vec<(Vec<Side>, Self)> = Vec::new();
        for (number, each) in self.boxes().enumerate() {
            if number >= MOST_BOXES || groups.len() > MOST_WAYS {
                return None;
            }
            let (conditions, rest): (Vec<_>, Vec<_>) = each.into_iter().partition(|(field, _)| undecided(*field));
            let rest = rest.into_iter().fold(Self::all(), |set, (field, values)| set.split(field, &values).0);
            match groups.iter_mut().find(|(known, _)| *known == conditions) {
                Some((_, group)) => *group = std::mem::take(group).or(rest),
                None => groups.push((conditions, rest)),
            }
        }
        Some(groups)
    }

    fn alike(self, pairs: Vec<(Vec<Self>, Vec<Self>)>) -> (Self, Self) {
        let all = |parts: Vec<Self>| parts.into_iter().fold(Self::empty(), Self::or);
        let alike = pairs.into_iter().map(|(one, other)| all(one).and(&all(other))).fold(Self::empty(), Self::or);
        (self.and(&alike), self.minus(&alike))
    }

    fn without(self, part: &Self) -> Self {
        self.minus(part)
    }

    fn is_overgrown(&self) -> bool {
        Self::is_overgrown(self)
    }
}
