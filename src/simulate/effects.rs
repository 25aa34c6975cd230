//! Steps that change something and go on: writes, registers, sets, untracking.

use super::{
    conntrack,
    machine::Machine,
    parts::cut,
    space::Space,
    strand::{Learned, Strand, Tracking},
};
use crate::model::{Bits, Field, Step, Test, Values, bits::ones, step::ConditionId, values::Relation};

type Both<S> = (Vec<Strand<S>>, Vec<Strand<S>>);

/// Packets that may end here, that break off the rule, and that go on.
type Opaque<S> = (Vec<Strand<S>>, Vec<Strand<S>>, Vec<Strand<S>>);

impl<S: Space> Machine<'_, S> {
    /// Does the step: the packets that go on with the rule, and those for which it breaks off.
    pub(super) fn effect(&mut self, mut strand: Strand<S>, step: &Step) -> Both<S> {
        match step {
            // nft_ct_set_eval: without a connection nothing is set.
            Step::Write { field, .. } if conntrack::is_of_connection(*field) && !strand.way.tracking.has_connection() => {}
            Step::Write { field, bits } => {
                let bits = strand.way.view.through(bits);
                strand.way.view.set(*field, bits);
            }
            Step::Spoil { old, new } => return (self.spoil(strand, old, new), Vec::new()),
            Step::Flip { field, bits, condition } => self.flip(&mut strand, *field, bits, *condition),
            Step::Add { changes, when, condition } => return (self.add(strand, changes, when, *condition), Vec::new()),
            Step::Template { zone, untracked } if strand.way.tracking.takes_template(*untracked) => {
                let zone = strand.way.view.through(zone);
                conntrack::template(&mut strand, zone);
            }
            // nft_notrack_eval: a packet keeps the connection that it has, or that it is exempt; an invalid one has neither.
            Step::Notrack if !matches!(strand.way.tracking, Tracking::Unseen | Tracking::Invalid) => {}
            Step::Notrack => {
                strand.way.tracking = Tracking::Untracked;
                strand.way.view.fix(Field::CtState, conntrack::UNTRACKED, 32);
            }
            Step::Learn { key, set, delete, brief, inverted, when } => {
                let (mut learning, rest) = self.decider.split(strand, when);
                for strand in &mut learning {
                    let key = key.iter().map(|bits| strand.way.view.through(bits)).collect();
                    strand.way.learned.push(Learned { set: *set, key, present: !delete, brief: *brief });
                }
                return if *inverted { (rest, learning) } else { (learning.into_iter().chain(rest).collect(), Vec::new()) };
            }
            Step::Free { first, words, modulus, offset, condition } => {
                return (self.free(strand, *first, *words, modulus.map(|modulus| (modulus, *offset)), *condition), Vec::new());
            }
            Step::Load { what, register } => return self.load_step(strand, what, *register),
            Step::Fib { register, result, flags } => return self.fib(strand, *register, *result, *flags),
            _ => {}
        }
        (vec![strand], Vec::new())
    }

    /// Loads what only time or load decides; a number of the host's byte order where a modulus bounds it.
    pub(super) fn free(
        &mut self,
        mut strand: Strand<S>,
        first: u8,
        words: u8,
        bound: Option<(u32, u32)>,
        condition: ConditionId,
    ) -> Vec<Strand<S>> {
        for register in first..first.saturating_add(words) {
            let choice = self.decider.undecided.condition(condition);
            let bits = Bits::run(choice, 0, 32);
            strand.way.view.set(Field::Register(register), if bound.is_some() { bits.swap_bytes(4) } else { bits });
            if let Some((modulus, offset)) = bound {
                let last = u128::from(offset) + u128::from(modulus.max(1)) - 1;
                let values = Values::range(32, u128::from(offset), last.min(u128::from(u32::MAX)));
                let Strand { space, way } = strand;
                let (inside, _) = cut(space, choice, &values);
                return way.lead(inside);
            }
        }
        vec![strand]
    }

    fn spoil(&mut self, strand: Strand<S>, old: &Bits, new: &Bits) -> Vec<Strand<S>> {
        let (old, new) = (strand.way.view.through(old), strand.way.view.through(new));
        let Strand { space, way } = strand;
        let (same, changed) = self.decider.divide_by_equality(space, &[old], &[new]);
        let mut strands = way.clone().lead(same);
        strands.extend(way.lead(changed).into_iter().map(|mut strand| {
            strand.way.spoiled = true;
            strand
        }));
        strands
    }

    /// Flips bits where others are set; bit by bit one of both has to be known.
    fn flip(&mut self, strand: &mut Strand<S>, field: Field, by: &Bits, condition: ConditionId) {
        let version = self.decider.host.version;
        let width = field.width(version);
        let (old, by) = (strand.way.view.field(field, version), strand.way.view.through(by));
        let known = |bits: &Bits| self.decider.value(&strand.space, bits).map(|value| Bits::constant(width, value));
        let flipped = old.flipped(&by).or_else(|| known(&old)?.flipped(&by)).or_else(|| old.flipped(&known(&by)?));
        let flipped = flipped.unwrap_or_else(|| Bits::run(self.decider.undecided.condition(condition), 0, width));
        strand.way.view.set(field, flipped);
    }

    /// Adds to numbers. Of many packets it is not told which number each of them gets, but that it stays between the least and the greatest.
    fn add(&mut self, strand: Strand<S>, changes: &[(Field, i32)], when: &Test, condition: ConditionId) -> Vec<Strand<S>> {
        let version = self.decider.host.version;
        let relation = self.decider.relation(&strand, when);
        if relation == Relation::Outside {
            return vec![strand];
        }
        let mut strands = vec![strand];
        for (field, by) in changes {
            let width = field.width(version);
            let most = ones(width);
            let added = |value: u128| value.saturating_add_signed((*by).into()).min(most);
            let mut next = Vec::new();
            for mut strand in strands {
                let (low, high) = self.bounds(&strand, *field);
                let range = match relation {
                    Relation::Inside => (added(low), added(high)),
                    _ => (low.min(added(low)), high.max(added(high))),
                };
                if low == high && relation == Relation::Inside {
                    strand.way.view.fix(*field, range.0, width);
                    next.push(strand);
                } else {
                    let choice = self.decider.undecided.condition(condition);
                    strand.way.view.set(*field, Bits::run(choice, 0, width));
                    let Strand { space, way } = strand;
                    let (inside, _) = cut(space, choice, &Values::range(32, range.0, range.1));
                    next.extend(way.lead(inside));
                }
            }
            strands = next;
        }
        strands
    }

    /// The least and the greatest number that a field of these packets has now.
    fn bounds(&mut self, strand: &Strand<S>, field: Field) -> (u128, u128) {
        let version = self.decider.host.version;
        let width = field.width(version);
        let bits = strand.way.view.field(field, version);
        if let Some(value) = self.decider.value(&strand.space, &bits) {
            return (value, value);
        }
        let mut none_beyond = |low: u128, high: u128| {
            let (beyond, _) = self.decider.divide_bits(strand.space.clone(), &bits, &Values::range(width, low, high));
            beyond.0.is_empty()
        };
        let most = ones(width);
        let (mut least, mut greatest) = (0, most);
        for bit in (0..width).rev() {
            let step = 1 << bit;
            if none_beyond(0, least + step - 1) {
                least += step;
            }
            if greatest >= step && none_beyond(greatest - step + 1, most) {
                greatest -= step;
            }
        }
        (least, greatest)
    }

    /// An expression that is not modelled: packets that may end with it, that break off the rule, and that go on.
    pub(super) fn opaque(&mut self, strand: Strand<S>, condition: ConditionId) -> Opaque<S> {
        let choice = self.decider.undecided.condition(condition);
        let Strand { space, way } = strand;
        let (ends, rest) = cut(space, choice, &Values::one(32, 2));
        let mut breaks = Vec::new();
        let mut goes_on = Vec::new();
        for part in rest.0 {
            let (on, off) = cut(part, choice, &Values::one(32, 1));
            goes_on.extend(way.clone().lead(on));
            breaks.extend(way.clone().lead(off));
        }
        (way.lead(ends), breaks, goes_on)
    }
}
