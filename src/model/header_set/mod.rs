//! An exact set of packets over all fields.

mod cube;

use smallvec::{SmallVec, smallvec};

use super::{Field, Values, values::Relation};
use cube::Cube;

/// Up to so many boxes are compared pair by pair to merge them.
const COMPARED: usize = 64;

/// A set of packets: a field that is not constrained takes any value.
#[derive(Debug, Clone, Default)]
pub struct HeaderSet {
    /// Disjoint.
    cubes: SmallVec<[Cube; 1]>,
    overgrown: bool,
}

impl HeaderSet {
    /// No packet.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every packet.
    #[must_use]
    pub fn all() -> Self {
        Self { cubes: smallvec![Cube::default()], overgrown: false }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cubes.is_empty()
    }

    /// How the values of one field in this set lie to `values`; no allocation where the set is one box.
    #[must_use]
    pub fn relation(&self, field: Field, values: &Values) -> Relation {
        let mut relations = self.cubes.iter().map(|cube| cube.relation(field, values));
        let Some(first) = relations.next() else { return Relation::Inside };
        if relations.all(|relation| relation == first) { first } else { Relation::Across }
    }

    /// The part whose field is in `values`, and the rest. Consumes the set, so that a narrow cut from a big set changes it in place.
    #[must_use]
    pub fn split(mut self, field: Field, values: &Values) -> (Self, Self) {
        let mut inside = Self { cubes: SmallVec::new(), overgrown: self.overgrown };
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
        (inside, self)
    }

    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let pairs = self.cubes.iter().flat_map(|a| other.cubes.iter().filter_map(move |b| a.and(b)));
        let mut common = Self { cubes: pairs.collect(), overgrown: self.overgrown || other.overgrown };
        common.compact();
        common
    }

    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut cubes = self.cubes.clone();
        for taken in &other.cubes {
            cubes = cubes.into_iter().flat_map(|cube| cube.minus(taken)).collect();
        }
        let mut rest = Self { cubes, overgrown: self.overgrown || other.overgrown };
        rest.compact();
        rest
    }

    /// Union.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.overgrown |= other.overgrown;
        for cube in other.cubes {
            let mut new: SmallVec<[Cube; 1]> = smallvec![cube];
            for own in &self.cubes {
                new = new.into_iter().flat_map(|cube| cube.minus(own)).collect();
            }
            new.into_iter().for_each(|cube| self.add(cube));
        }
        self
    }

    /// The same packets with this field taking any value (existential quantification).
    #[must_use]
    pub fn forget(&self, field: Field) -> Self {
        let mut all = Self { cubes: SmallVec::new(), overgrown: self.overgrown };
        for cube in &self.cubes {
            let mut cube = cube.clone();
            cube.forget(field);
            all = all.or(Self { cubes: smallvec![cube], overgrown: false });
        }
        all
    }

    /// All values that the field takes in it.
    #[must_use]
    pub fn values(&self, field: Field, width: u8) -> Values {
        let mut all = Values::none(width);
        for cube in &self.cubes {
            match cube.side(field) {
                Some(values) => all = all.or(values),
                None => return Values::all(width),
            }
        }
        all
    }

    /// Disjoint boxes that make it up; each a list of constrained fields in order.
    pub fn boxes(&self) -> impl Iterator<Item = Vec<(Field, Values)>> + '_ {
        self.cubes.iter().map(|cube| cube.sides.to_vec())
    }

    /// A packet of it: values for the constrained fields; any value does for the others.
    #[must_use]
    pub fn witness(&self) -> Option<Vec<(Field, u128)>> {
        self.cubes.first()?.sides.iter().map(|(field, values)| Some((*field, values.first()?))).collect()
    }

    /// Whether a packet is in it.
    pub fn contains(&self, packet: impl Fn(Field) -> u128) -> bool {
        self.cubes.iter().any(|cube| cube.contains(&packet))
    }

    /// True if it outgrew its limit and lost exactness: what rests on it is unknown.
    #[must_use]
    pub fn is_overgrown(&self) -> bool {
        self.overgrown
    }

    /// Adds a box that meets none of the others; merges it with those that differ from it in one field only.
    fn add(&mut self, mut cube: Cube) {
        if self.cubes.len() <= COMPARED {
            let mut at = 0;
            while at < self.cubes.len() {
                match self.cubes[at].join(cube) {
                    Ok(()) => {
                        // What it became may merge in turn.
                        cube = self.cubes.swap_remove(at);
                        at = 0;
                    }
                    Err(back) => {
                        cube = back;
                        at += 1;
                    }
                }
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

impl PartialEq for HeaderSet {
    /// The same packets, however they are cut into boxes.
    fn eq(&self, other: &Self) -> bool {
        self.overgrown == other.overgrown && self.minus(other).is_empty() && other.minus(self).is_empty()
    }
}

impl Eq for HeaderSet {}

#[cfg(test)]
mod tests;
