//! One packet, of which some fields may not be known.
//!
//! A field that is not given takes any value until a rule reads it; then the packet is followed both ways, and the answer says on what it
//! rests.

use std::sync::Arc;

use smallvec::SmallVec;

use super::space::Space;
use crate::model::{Field, Side, Values, values::Relation};

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    known: Arc<[(Field, u128)]>,
    /// What was assumed of fields that are not known, conditions and choices.
    assumed: SmallVec<[(Field, Values); 2]>,
    empty: bool,
}

impl Point {
    /// A packet of which these fields are known.
    #[must_use]
    pub fn new(mut known: Vec<(Field, u128)>) -> Self {
        known.sort_unstable();
        known.dedup_by_key(|(field, _)| *field);
        Self { known: known.into(), assumed: SmallVec::new(), empty: false }
    }

    /// What the packet has in this field, if it is known or only one value remains.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<u128> {
        match self.known.binary_search_by_key(&field, |(field, _)| *field) {
            Ok(at) => Some(self.known[at].1),
            Err(_) => self.assumption(field).and_then(Values::single),
        }
    }

    /// What had to be assumed to get here.
    #[must_use]
    pub fn assumed(&self) -> &[(Field, Values)] {
        &self.assumed
    }

    fn assumption(&self, field: Field) -> Option<&Values> {
        self.assumed.iter().find(|(each, _)| *each == field).map(|(_, values)| values)
    }

    fn nothing(&self) -> Self {
        Self { known: Arc::clone(&self.known), assumed: SmallVec::new(), empty: true }
    }

    fn assuming(mut self, field: Field, values: Values) -> Self {
        if values.is_empty() {
            return self.nothing();
        }
        let at = self.assumed.partition_point(|(each, _)| *each < field);
        match self.assumed.get_mut(at) {
            Some((each, old)) if *each == field => *old = values,
            _ => self.assumed.insert(at, (field, values)),
        }
        self
    }
}

impl Space for Point {
    const TRACED: bool = true;

    fn relation(&self, field: Field, values: &Values) -> Relation {
        if let Ok(at) = self.known.binary_search_by_key(&field, |(field, _)| *field) {
            return if values.contains(self.known[at].1) { Relation::Inside } else { Relation::Outside };
        }
        match self.assumption(field) {
            Some(assumed) => assumed.relation(values),
            None if values.is_empty() => Relation::Outside,
            None if values.is_all() => Relation::Inside,
            None => Relation::Across,
        }
    }

    fn split(self, field: Field, values: &Values) -> (Self, Self) {
        match self.relation(field, values) {
            Relation::Inside => {
                let nothing = self.nothing();
                (self, nothing)
            }
            Relation::Outside => (self.nothing(), self),
            Relation::Across => {
                let (inside, outside) = match self.assumption(field) {
                    Some(assumed) => (assumed.and(values), assumed.minus(values)),
                    None => (values.clone(), values.complement()),
                };
                (self.clone().assuming(field, inside), self.assuming(field, outside))
            }
        }
    }

    fn merge(&mut self, other: Self) -> Result<(), Self> {
        if other.empty {
            return Ok(());
        }
        if self.empty {
            *self = other;
            return Ok(());
        }
        if self.assumed.len() != other.assumed.len() {
            return Err(other);
        }
        let mut differing = self.assumed.iter().zip(&other.assumed).enumerate().filter(|(_, (a, b))| a != b);
        match (differing.next(), differing.next()) {
            (None, _) => Ok(()),
            (Some((at, (a, b))), None) if a.0 == b.0 => {
                let union = a.1.or(&b.1);
                if union.is_all() {
                    self.assumed.remove(at);
                } else {
                    self.assumed[at].1 = union;
                }
                Ok(())
            }
            _ => Err(other),
        }
    }

    fn is_empty(&self) -> bool {
        self.empty
    }

    fn single(&self, field: Field, _width: u8) -> Option<u128> {
        self.get(field)
    }

    fn by_condition(self, _undecided: impl Fn(Field) -> bool) -> Option<Vec<(Vec<Side>, Self)>> {
        // Whatever had to be assumed of a packet is a condition, also of a plain field that was not given.
        let assumed = self.assumed.iter().map(|(field, values)| (*field, Arc::new(values.clone()))).collect();
        Some(vec![(assumed, self)])
    }

    /// One packet is alike as a whole, on the same assumptions, or it is not.
    fn alike(self, pairs: Vec<(Vec<Self>, Vec<Self>)>) -> (Self, Self) {
        let within = |one: &[Self], other: &[Self]| one.iter().all(|part| other.contains(part));
        let nothing = self.nothing();
        if pairs.iter().all(|(one, other)| within(one, other) && within(other, one)) { (self, nothing) } else { (nothing, self) }
    }

    fn without(self, part: &Self) -> Self {
        if part.empty { self } else { self.nothing() }
    }

    fn is_overgrown(&self) -> bool {
        false
    }
}
