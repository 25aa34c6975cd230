//! A set of packets as disjoint boxes.

use smallvec::{SmallVec, smallvec};

use super::cube::Cube;
use crate::model::{Field, Values, values::Relation};

/// Up to so many boxes are all compared with each other to merge them.
const COMPARED: usize = 8;

/// Disjoint boxes.
#[derive(Debug, Clone, Default)]
pub(super) struct Union {
    pub cubes: SmallVec<[Cube; 1]>,
}

impl Union {
    pub fn all() -> Self {
        Self { cubes: smallvec![Cube::default()] }
    }

    pub fn relation(&self, field: Field, values: &Values) -> Relation {
        let mut relations = self.cubes.iter().map(|cube| cube.relation(field, values));
        let Some(first) = relations.next() else { return Relation::Inside };
        if relations.all(|relation| relation == first) { first } else { Relation::Across }
    }

    /// Takes out the part with these values and returns it.
    pub fn cut(&mut self, field: Field, values: &Values) -> Self {
        let mut inside = Self::default();
        self.cubes.retain(|cube| match cube.relation(field, values) {
            Relation::Inside => {
                inside.cubes.push(std::mem::take(cube));
                false
            }
            Relation::Outside => true,
            Relation::Across => {
                inside.cubes.push(cube.cut(field, values));
                true
            }
        });
        inside.compact();
        self.compact();
        inside
    }

    pub fn and(&self, other: &Self) -> Self {
        let pairs = self.cubes.iter().flat_map(|a| other.cubes.iter().filter_map(move |b| a.and(b)));
        let mut common = Self { cubes: pairs.collect() };
        common.compact();
        common
    }

    /// None if it takes more than `most` boxes.
    pub fn minus(&self, other: &Self, most: usize) -> Option<Self> {
        let mut rest = Self { cubes: self.cubes.clone() };
        for taken in &other.cubes {
            rest.cubes = rest.cubes.into_iter().flat_map(|cube| cube.minus(taken)).collect();
            if rest.cubes.len() > most {
                return None;
            }
        }
        rest.compact();
        Some(rest)
    }

    pub fn or(&mut self, mut other: Self) {
        if other.cubes.len() > self.cubes.len() {
            std::mem::swap(self, &mut other);
        }
        for cube in other.cubes {
            let mut new: SmallVec<[Cube; 1]> = smallvec![cube];
            for own in &self.cubes {
                if new.iter().any(|cube| cube.meets(own)) {
                    new = new.into_iter().flat_map(|cube| cube.minus(own)).collect();
                }
            }
            new.into_iter().for_each(|cube| self.add(cube));
        }
    }

    /// Adds a box that meets none of the others; merges it with those that differ from it in one field only.
    fn add(&mut self, mut cube: Cube) {
        let mut at = 0;
        while at < self.cubes.len() {
            if self.cubes[at].join(&cube) {
                // What it became may merge in turn.
                cube = self.cubes.swap_remove(at);
                at = 0;
            } else {
                at += 1;
            }
        }
        self.cubes.push(cube);
    }

    /// Merges boxes that differ in one field only.
    fn compact(&mut self) {
        if (2..=COMPARED).contains(&self.cubes.len()) {
            for cube in std::mem::take(&mut self.cubes) {
                self.add(cube);
            }
        }
    }
}
