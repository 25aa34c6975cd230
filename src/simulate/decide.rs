//! Tests on strands: does it hold for all of the packets, for none, or for which?

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    memory::Memory,
    parts::{Parts, cut, gather_parts},
    space::Space,
    strand::{Learned, Strand},
    undecided::Undecideds,
    view::View,
};
use crate::{
    model::{Bits, Field, Host, Test, Values, compare, values::Relation},
    world::World,
};

/// Decides tests for one host.
pub struct Decider<'a> {
    /// The host whose sets and conditions the tests name.
    pub host: &'a Host,
    /// Answers for sets that are too big to hold.
    pub world: &'a dyn World,
    /// What packets before these have done to sets.
    pub memory: Option<&'a Memory>,
    /// Conditions, choices and set memberships that came up.
    pub undecided: Undecideds,
}

/// How current fields are to be read while a test is decided.
#[derive(Clone, Copy)]
struct Reading<'a> {
    view: &'a View,
    learned: &'a [Learned],
}

/// Reads original fields.
const ORIGINAL: Reading<'static> = Reading { view: &View::EMPTY, learned: &[] };

impl Decider<'_> {
    /// How the packets lie to the test, without changing anything; `Across` also where it can't be told without splitting.
    pub fn relation<S: Space>(&self, strand: &Strand<S>, test: &Test) -> Relation {
        match test {
            Test::Always => Relation::Inside,
            Test::Never => Relation::Outside,
            Test::In { field, values } => match strand.way.view.get(*field) {
                None => strand.space.relation(*field, values),
                Some(bits) => match (bits.as_constant(), bits.as_field(self.host.version)) {
                    (Some(value), _) if values.contains(value) => Relation::Inside,
                    (Some(_), _) => Relation::Outside,
                    (None, Some(original)) if original != Field::ForwardedTtl => strand.space.relation(original, values),
                    _ => Relation::Across,
                },
            },
            Test::All(tests) => self.fold(strand, tests, Relation::Inside, Relation::Outside),
            Test::Any(tests) => self.fold(strand, tests, Relation::Outside, Relation::Inside),
            Test::Not(test) => match self.relation(strand, test) {
                Relation::Inside => Relation::Outside,
                Relation::Outside => Relation::Inside,
                Relation::Across => Relation::Across,
            },
            Test::Holds { .. } | Test::Condition(_) => Relation::Across,
        }
    }

    /// `all` if every test lies so, `one` as soon as one lies so.
    fn fold<S: Space>(&self, strand: &Strand<S>, tests: &[Test], all: Relation, one: Relation) -> Relation {
        let mut result = all;
        for test in tests.iter() {
            let relation = self.relation(strand, test);
            if relation == one {
                return one;
            }
            if relation != all {
                result = Relation::Across;
            }
        }
        result
    }

    /// The packets for which the test holds, and the rest: one strand each, or several where parts of a single packet have no common form.
    pub fn split<S: Space>(&mut self, strand: Strand<S>, test: &Test) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        // Whether a comparison of one field parts them is known when it has.
        if !matches!(test, Test::In { .. }) {
            match self.relation(&strand, test) {
                Relation::Inside => return (vec![strand], Vec::new()),
                Relation::Outside => return (Vec::new(), vec![strand]),
                Relation::Across => {}
            }
        }
        let Strand { space, way } = strand;
        let reading = Reading { view: &way.view, learned: &way.learned };
        let (yes, no) = self.divide(space, reading, test);
        (way.clone().lead(yes), way.lead(no))
    }

    /// [`Self::split`] of many.
    pub fn split_all<S: Space>(&mut self, strands: Vec<Strand<S>>, test: &Test) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for strand in strands {
            let (yes, no) = self.split(strand, test);
            inside.extend(yes);
            outside.extend(no);
        }
        (inside, outside)
    }

    fn divide<S: Space>(&mut self, space: S, reading: Reading<'_>, test: &Test) -> (Parts<S>, Parts<S>) {
        match test {
            Test::Always => (Parts::one(space), Parts::none()),
            Test::Never => (Parts::none(), Parts::one(space)),
            Test::In { field, values } => match reading.view.get(*field) {
                None => cut(space, *field, values),
                Some(bits) => self.divide_bits(space, bits, values),
            },
            Test::All(tests) => {
                let mut rest = Parts::none();
                let mut inside = Parts::one(space);
                for test in tests.iter() {
                    let (yes, no) = self.divide_parts(inside, reading, test);
                    inside = yes;
                    gather_parts(&mut rest, no);
                }
                (inside, rest)
            }
            Test::Any(tests) => {
                let mut inside = Parts::none();
                let mut rest = Parts::one(space);
                for test in tests.iter() {
                    let (yes, no) = self.divide_parts(rest, reading, test);
                    rest = no;
                    gather_parts(&mut inside, yes);
                }
                (inside, rest)
            }
            Test::Not(test) => {
                let (yes, no) = self.divide(space, reading, test);
                (no, yes)
            }
            Test::Holds { key, set } => {
                let key: SmallVec<[Bits; 2]> = key.iter().map(|bits| reading.view.through(bits)).collect();
                self.divide_by_set(space, reading.learned, &key, *set)
            }
            Test::Condition(id) => cut(space, self.undecided.condition(*id), &Values::one(32, 1)),
        }
    }

    fn divide_parts<S: Space>(&mut self, parts: Parts<S>, reading: Reading<'_>, test: &Test) -> (Parts<S>, Parts<S>) {
        let (mut inside, mut rest) = (Parts::none(), Parts::none());
        for part in parts.0 {
            let (yes, no) = self.divide(part, reading, test);
            gather_parts(&mut inside, yes);
            gather_parts(&mut rest, no);
        }
        (inside, rest)
    }

    /// Divides by bits of *original* fields.
    pub fn divide_bits<S: Space>(&mut self, space: S, bits: &Bits, values: &Values) -> (Parts<S>, Parts<S>) {
        if let Some(value) = self.value(&space, bits) {
            return if values.contains(value) { (Parts::one(space), Parts::none()) } else { (Parts::none(), Parts::one(space)) };
        }
        match bits.as_field(self.host.version) {
            Some(field) => cut(space, field, values),
            None => match compare::is_one_of(bits, &Arc::new(values.clone()), self.host.version) {
                Some(test) => self.divide(space, ORIGINAL, &test),
                None => {
                    let choice = self.undecided.unknown("a comparison of mixed bits with too many values".into());
                    cut(space, choice, &Values::one(32, 1))
                }
            },
        }
    }

    /// The key's fields, if all packets agree on them.
    pub fn key<S: Space>(&self, space: &S, key: &[Bits]) -> Option<SmallVec<[u128; 2]>> {
        key.iter().map(|bits| self.value(space, bits)).collect()
    }

    /// Width of an address.
    #[must_use]
    pub fn host_address_width(&self) -> u8 {
        Field::Source.width(self.host.version)
    }

    /// The value of bits of original fields, if all packets agree on it.
    pub fn value<S: Space>(&self, space: &S, bits: &Bits) -> Option<u128> {
        bits.value(|field| space.single(field, field.width(self.host.version)))
    }
}
