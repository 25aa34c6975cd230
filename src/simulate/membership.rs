//! Whether keys are in a set: what the packet itself did to the set on its way, then what was in it before.

use super::{
    ask::question,
    decide::Decider,
    memory::{Changes, Presence},
    parts::{Parts, cut, gather_parts},
    space::Space,
    strand::Learned,
};
use crate::{
    model::{
        Bits, SetId, Values,
        set::{Content, Tier},
    },
    world::Answer,
};

/// What a membership rests on that the packets before may have changed.
const PERHAPS: &str = "whether an earlier packet's key is in a set";

impl Decider<'_> {
    /// Divides by whether the key, over original fields, is in the set.
    pub(super) fn divide_by_set<S: Space>(&mut self, space: S, learned: &[Learned], key: &[Bits], id: SetId) -> (Parts<S>, Parts<S>) {
        // What this very packet did to the set on its way comes first, the last of it before all.
        let (mut inside, mut outside, mut rest) = (Parts::none(), Parts::none(), Parts::one(space));
        for last in learned.iter().rev().filter(|each| each.set == id) {
            let mut others = Parts::none();
            for part in rest.0 {
                let (same, different) = self.divide_by_equality(part, &last.key, key);
                gather_parts(if last.present { &mut inside } else { &mut outside }, same);
                gather_parts(&mut others, different);
            }
            rest = others;
        }
        for part in rest.0 {
            let (yes, no) = match self.memory.and_then(|memory| memory.of(&self.host.sets[id.0 as usize])) {
                Some(changes) => self.divide_by_changes(part, key, id, changes),
                None => self.divide_by_content(part, key, id),
            };
            gather_parts(&mut inside, yes);
            gather_parts(&mut outside, no);
        }
        (inside, outside)
    }

    /// Divides by what packets before these have left of the set.
    fn divide_by_changes<S: Space>(&mut self, space: S, key: &[Bits], id: SetId, changes: &Changes) -> (Parts<S>, Parts<S>) {
        if let Some(known) = self.key(&space, key) {
            return match changes.find(&known) {
                Some(Presence::Present) => (Parts::one(space), Parts::none()),
                Some(Presence::Absent) => (Parts::none(), Parts::one(space)),
                Some(Presence::Perhaps) => cut(space, self.undecided.unknown(PERHAPS.into()), &Values::one(32, 1)),
                None => self.divide_by_content(space, key, id),
            };
        }
        if changes.is_vague() {
            return cut(space, self.undecided.unknown(PERHAPS.into()), &Values::one(32, 1));
        }
        let widths = &self.host.sets[id.0 as usize].widths;
        let (mut inside, mut outside, mut rest) = (Parts::none(), Parts::none(), Parts::one(space));
        for (changed, presence) in changes.keys() {
            let fields = changed.iter().zip(widths).map(|(value, width)| Values::one(*width, *value));
            let (same, others) = self.divide_parts_by_fields(rest, key, fields);
            for part in same.0 {
                let (yes, no) = match presence {
                    Presence::Present => (Parts::one(part), Parts::none()),
                    Presence::Absent => (Parts::none(), Parts::one(part)),
                    Presence::Perhaps => cut(part, self.undecided.unknown(PERHAPS.into()), &Values::one(32, 1)),
                };
                gather_parts(&mut inside, yes);
                gather_parts(&mut outside, no);
            }
            rest = others;
        }
        for part in rest.0 {
            let (yes, no) = self.divide_by_content(part, key, id);
            gather_parts(&mut inside, yes);
            gather_parts(&mut outside, no);
        }
        (inside, outside)
    }

    /// Divides by whether two keys, over original fields, are the same.
    pub(super) fn divide_by_equality<S: Space>(&mut self, space: S, one: &[Bits], other: &[Bits]) -> (Parts<S>, Parts<S>) {
        let (mut same, mut different) = (Parts::one(space), Parts::none());
        let pairs = one.iter().zip(other).filter(|(one, other)| one != other);
        for (one, other) in pairs.flat_map(|(one, other)| one.apart(other)) {
            let mut next = Parts::none();
            for part in same.0 {
                let width = one.width() as u8;
                let (yes, no) = match (self.value(&part, &one), self.value(&part, &other)) {
                    (Some(value), _) => self.divide_bits(part, &other, &Values::one(width, value)),
                    (None, Some(value)) => self.divide_bits(part, &one, &Values::one(width, value)),
                    (None, None) => {
                        let choice = self.undecided.unknown("whether something is what it was before".into());
                        cut(part, choice, &Values::one(32, 1))
                    }
                };
                gather_parts(&mut next, yes);
                gather_parts(&mut different, no);
            }
            same = next;
        }
        (same, different)
    }

    /// Divides by what was in the set before the packet came.
    fn divide_by_content<S: Space>(&mut self, space: S, key: &[Bits], id: SetId) -> (Parts<S>, Parts<S>) {
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
}
