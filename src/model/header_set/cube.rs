//! A box: some fields constrained to values, the others free.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::model::{Field, Values, values::Relation};

/// A constrained field. Boxes that were cut from one another share the sides that the cuts did not touch.
pub type Side = (Field, Arc<Values>);

/// The constrained fields in order; no field is constrained to nothing or to everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Cube {
    pub sides: SmallVec<[Side; 3]>,
}

impl Cube {
    pub fn side(&self, field: Field) -> Option<&Values> {
        self.sides.iter().find(|side| side.0 == field).map(|side| &*side.1)
    }

    fn shared(&self, field: Field) -> Option<&Arc<Values>> {
        self.sides.iter().find(|side| side.0 == field).map(|side| &side.1)
    }

    pub fn relation(&self, field: Field, values: &Values) -> Relation {
        match self.side(field) {
            Some(own) => own.relation(values),
            None if values.is_all() => Relation::Inside,
            None if values.is_empty() => Relation::Outside,
            None => Relation::Across,
        }
    }

    /// Takes the part with these values out; there must be such a part and a rest.
    pub fn cut(&mut self, field: Field, values: &Values) -> Self {
        let place = self.sides.partition_point(|side| side.0 < field);
        let taken = match self.sides.get_mut(place) {
            Some((at, own)) if *at == field => Arc::make_mut(own).cut(values),
            _ => {
                self.sides.insert(place, (field, Arc::new(values.complement())));
                values.clone()
            }
        };
        let mut sides: SmallVec<[Side; 3]> = SmallVec::with_capacity(self.sides.len());
        sides.extend(self.sides[..place].iter().cloned());
        sides.push((field, Arc::new(taken)));
        sides.extend(self.sides[place + 1..].iter().cloned());
        Self { sides }
    }

    pub fn and(&self, other: &Self) -> Option<Self> {
        let mut common = self.clone();
        for (field, values) in &other.sides {
            let place = common.sides.partition_point(|side| side.0 < *field);
            match common.sides.get_mut(place) {
                Some((at, own)) if at == field => match own.relation(values) {
                    Relation::Inside => {}
                    Relation::Outside => return None,
                    Relation::Across => *own = Arc::new(own.and(values)),
                },
                _ => common.sides.insert(place, (*field, Arc::clone(values))),
            }
        }
        Some(common)
    }

    pub fn meets(&self, other: &Self) -> bool {
        other.sides.iter().all(|(field, values)| self.side(*field).is_none_or(|own| own.relation(values) != Relation::Outside))
    }

    /// What is not in `other`, as disjoint boxes.
    pub fn minus(mut self, other: &Self) -> SmallVec<[Self; 1]> {
        if !self.meets(other) {
            return smallvec![self];
        }
        let mut rest = SmallVec::new();
        for (field, values) in &other.sides {
            if self.relation(*field, values) == Relation::Across {
                let inside = self.cut(*field, values);
                rest.push(std::mem::replace(&mut self, inside));
            }
        }
        rest
    }

    /// Takes in a box that differs in one field only; false, and nothing happens, if it differs in more.
    pub fn join(&mut self, other: &Self) -> bool {
        let Some(field) = self.only_difference(other) else { return false };
        let place = self.sides.partition_point(|side| side.0 < field);
        match (self.sides.get_mut(place), other.side(field)) {
            (Some((at, own)), Some(values)) if *at == field => {
                Arc::make_mut(own).add(values);
                if own.is_all() {
                    self.sides.remove(place);
                }
            }
            // One of them takes any value.
            _ => self.forget(field),
        }
        true
    }

    /// The field in which they differ, if it is one. Equal boxes name any.
    fn only_difference(&self, other: &Self) -> Option<Field> {
        let (mut a, mut b) = (self.sides.iter().peekable(), other.sides.iter().peekable());
        let mut difference = None;
        loop {
            let (field, same) = match (a.peek(), b.peek()) {
                (None, None) => return difference.or_else(|| self.sides.first().map(|side| side.0)),
                (Some(x), Some(y)) if x.0 == y.0 => (x.0, Arc::ptr_eq(&x.1, &y.1) || x.1 == y.1),
                (Some(x), Some(y)) => (x.0.min(y.0), false),
                (Some(x), None) | (None, Some(x)) => (x.0, false),
            };
            if !same && difference.replace(field).is_some() {
                return None;
            }
            a.next_if(|side| side.0 == field);
            b.next_if(|side| side.0 == field);
        }
    }

    /// The smallest box around both.
    pub fn hull(mut self, other: &Self) -> Self {
        self.sides.retain(|(field, values)| {
            other.shared(*field).is_some_and(|more| {
                if !Arc::ptr_eq(values, more) {
                    Arc::make_mut(values).add(more);
                }
                !values.is_all()
            })
        });
        self
    }

    /// The smallest box around some.
    pub fn around(cubes: &[Self]) -> Self {
        cubes.split_first().map(|(first, rest)| rest.iter().fold(first.clone(), Self::hull)).unwrap_or_default()
    }

    /// The part of it with these values of a field after all of its own.
    pub fn with_last(&self, field: Field, values: Values) -> Self {
        let mut part = self.clone();
        part.sides.push((field, Arc::new(values)));
        part
    }

    pub fn without(&self, field: Field) -> Self {
        let mut free = self.clone();
        free.forget(field);
        free
    }

    pub fn forget(&mut self, field: Field) {
        self.sides.retain(|side| side.0 != field);
    }

    pub fn contains(&self, packet: &impl Fn(Field) -> u128) -> bool {
        self.sides.iter().all(|(field, values)| values.contains(packet(*field)))
    }
}
