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
    /// Cuts it into parts that are alike in every field of which `undecided` is true, with those fields taken out and listed.
    fn by_condition(self, undecided: impl Fn(Field) -> bool) -> Vec<(Vec<Side>, Self)>;
    /// Of these packets those that are in both of one of the pairs of parts, and the others.
    fn alike(self, pairs: Vec<(Vec<Self>, Vec<Self>)>) -> (Self, Self);
    /// The packets that are not in a part of them.
    fn without(self, part: &Self) -> Self;
    /// Whether it lost exactness.
    fn is_overgrown(&self) -> bool;
}

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

    fn by_condition(self, undecided: impl Fn(Field) -> bool) -> Vec<(Vec<Side>, Self)> {
        if !self.may_constrain(&undecided) {
            return if self.is_empty() { Vec::new() } else { vec![(Vec::new(), self)] };
        }
        let mut groups: Vec<(Vec<Side>, Self)> = Vec::new();
        let mut rest = self;
        // Each round takes the conditions of one box and cuts out all that agrees with them.
        while let Some(first) = { rest.boxes().next() } {
            let conditions: Vec<_> = first.into_iter().filter(|(field, _)| undecided(*field)).collect();
            if conditions.is_empty() && !rest.boxes().any(|each| each.iter().any(|(field, _)| undecided(*field))) {
                groups.push((conditions, rest));
                break;
            }
            let mut agreeing = Self::empty();
            let mut others = Self::empty();
            for each in rest.boxes() {
                let same = each.iter().filter(|(field, _)| undecided(*field)).eq(conditions.iter());
                let whole = each
                    .into_iter()
                    .filter(|(field, _)| !(same && undecided(*field)))
                    .fold(Self::all(), |set, (field, values)| set.split(field, &values).0);
                if same {
                    agreeing = agreeing.or(whole);
                } else {
                    others = others.or(whole);
                }
            }
            groups.push((conditions, agreeing));
            rest = others;
        }
        groups
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
