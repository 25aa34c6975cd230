//! Tests on strands: does it hold for all of the packets, for none, or for which?

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    ask::question,
    parts::{Parts, cut, gather_parts},
    space::Space,
    strand::{Learned, Strand},
    undecided::Undecideds,
    view::View,
};
use crate::{
    model::{
        Bits, Field, Host, SetId, Test, Values, compare,
        set::{Content, Tier},
        values::Relation,
    },
    world::{Answer, World},
};

/// Decides tests for one host.
pub struct Decider<'a> {
    /// The host whose sets and conditions the tests name.
    pub host: &'a Host,
    /// Answers for sets that are too big to hold.
    pub world: &'a dyn World,
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
        for test in tests {
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
        match self.relation(&strand, test) {
            Relation::Inside => (vec![strand], Vec::new()),
            Relation::Outside => (Vec::new(), vec![strand]),
            Relation::Across => {
                let Strand { space, way } = strand;
                let reading = Reading { view: &way.view, learned: &way.learned };
                let (yes, no) = self.divide(space, reading, test);
                (way.clone().lead(yes), way.lead(no))
            }
        }
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
                for test in tests {
                    let (yes, no) = self.divide_parts(inside, reading, test);
                    inside = yes;
                    gather_parts(&mut rest, no);
                }
                (inside, rest)
            }
            Test::Any(tests) => {
                let mut inside = Parts::none();
                let mut rest = Parts::one(space);
                for test in tests {
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

    /// Divides by whether the key, over original fields, is in the set.
    fn divide_by_set<S: Space>(&mut self, space: S, learned: &[Learned], key: &[Bits], id: SetId) -> (Parts<S>, Parts<S>) {
        // What this very packet did to the set on its way comes first.
        if let Some(last) = learned.iter().rev().find(|each| each.set == id && each.key.as_slice() == key) {
            return if last.present { (Parts::one(space), Parts::none()) } else { (Parts::none(), Parts::one(space)) };
        }
        let set = &self.host.sets[id.0 as usize];
        match &set.content {
            Content::Keys(values) if key.len() == 1 => self.divide_bits(space, &key[0], values),
            Content::Elements { catch_all: Some(_), .. } => (Parts::one(space), Parts::none()),
            Content::Elements { elements, catch_all: None } => {
                if let Some(known) = self.key(&space, key) {
                    return if set.find(&known).is_some() {
                        (Parts::one(space), Parts::none())
                    } else {
                        (Parts::none(), Parts::one(space))
                    };
                }
                let mut inside = Parts::none();
                let mut rest = Parts::one(space);
                for element in elements {
                    let (yes, no) = self.divide_parts_by_key(rest, key, &element.key, &set.widths);
                    gather_parts(&mut inside, yes);
                    rest = no;
                }
                (inside, rest)
            }
            Content::Tiers(tiers) => self.divide_by_tiers(space, key, tiers, &set.widths),
            Content::Asked { .. } => self.divide_by_question(space, key, id),
            Content::Unknown(why) => {
                let choice = self.undecided.unknown(format!("set {} {}: {why}", set.table, set.name));
                cut(space, choice, &Values::one(32, 1))
            }
            Content::Keys(_) => (Parts::none(), Parts::one(space)),
        }
    }

    /// Divides by one element of a set or map: each field of the key, over original fields, in its range.
    pub fn divide_parts_by_key<S: Space>(
        &mut self,
        parts: Parts<S>,
        key: &[Bits],
        ranges: &[(u128, u128)],
        widths: &[u8],
    ) -> (Parts<S>, Parts<S>) {
        let values = ranges.iter().zip(widths).map(|((low, high), width)| Values::range(*width, *low, *high));
        self.divide_parts_by_fields(parts, key, values)
    }

    /// Divides by each field of the key, over original fields.
    fn divide_parts_by_fields<S: Space>(
        &mut self,
        parts: Parts<S>,
        key: &[Bits],
        fields: impl Iterator<Item = Values>,
    ) -> (Parts<S>, Parts<S>) {
        let mut rest = Parts::none();
        let mut inside = parts;
        for (bits, values) in key.iter().zip(fields) {
            let mut next = Parts::none();
            for part in inside.0 {
                let (yes, no) = self.divide_bits(part, bits, &values);
                gather_parts(&mut next, yes);
                gather_parts(&mut rest, no);
            }
            inside = next;
        }
        (inside, rest)
    }

    /// Divides by tiers: the first that has the key decides.
    fn divide_by_tiers<S: Space>(&mut self, space: S, key: &[Bits], tiers: &[Tier], widths: &[u8]) -> (Parts<S>, Parts<S>) {
        if let Some(known) = self.key(&space, key) {
            let holds = tiers.iter().find_map(|tier| tier.find(&known)).unwrap_or(false);
            return if holds { (Parts::one(space), Parts::none()) } else { (Parts::none(), Parts::one(space)) };
        }
        let (mut inside, mut outside, mut rest) = (Parts::none(), Parts::none(), Parts::one(space));
        for tier in tiers {
            for (element, holds) in &tier.keys {
                if rest.0.is_empty() {
                    return (inside, outside);
                }
                let fields = element.iter().zip(&tier.masks).zip(widths);
                let fields = fields.map(|((value, mask), width)| Values::masked(*width, *mask, *value));
                let (hit, others) = self.divide_parts_by_fields(rest, key, fields);
                gather_parts(if *holds { &mut inside } else { &mut outside }, hit);
                rest = others;
            }
        }
        gather_parts(&mut outside, rest);
        (inside, outside)
    }

    /// A set too big to hold: one key is asked of the world; of many keys, membership is a fact of the packet.
    fn divide_by_question<S: Space>(&mut self, space: S, key: &[Bits], id: SetId) -> (Parts<S>, Parts<S>) {
        let set = &self.host.sets[id.0 as usize];
        if let Some(question) = self.key(&space, key).and_then(|known| question(self.host, set, &known)) {
            match self.world.ask(&question) {
                Answer::Truth(true) | Answer::Element(_) => return (Parts::one(space), Parts::none()),
                Answer::Truth(false) => return (Parts::none(), Parts::one(space)),
                _ => {}
            }
        }
        cut(space, self.undecided.member(id, key), &Values::one(1, 1))
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
