//! Steps that change something and go on: writes, registers, sets, untracking.

use super::{
    conntrack,
    machine::Machine,
    parts::cut,
    space::Space,
    strand::{Learned, Strand, Tracking},
};
use crate::model::{Bits, Field, Step, Values, step::ConditionId};

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
            // nft_notrack_eval: a packet keeps the connection that it has, or that it is exempt; an invalid one has neither.
            Step::Notrack if !matches!(strand.way.tracking, Tracking::Unseen | Tracking::Invalid) => {}
            Step::Notrack => {
                strand.way.tracking = Tracking::Untracked;
                strand.way.view.fix(Field::CtState, conntrack::UNTRACKED, 32);
            }
            Step::Learn { key, set, delete, inverted } => {
                let key = key.iter().map(|bits| strand.way.view.through(bits)).collect();
                strand.way.learned.push(Learned { set: *set, key, present: !delete });
                if *inverted {
                    return (Vec::new(), vec![strand]);
                }
            }
            Step::Free { first, words, modulus, offset, condition } => {
                return (self.free(strand, *first, *words, modulus.map(|modulus| (modulus, *offset)), *condition), Vec::new());
            }
            Step::Fib { register, result, flags } => return self.fib(strand, *register, *result, *flags),
            _ => {}
        }
        (vec![strand], Vec::new())
    }

    /// Loads what only time or load decides; a number of the host's byte order where a modulus bounds it.
    fn free(&mut self, mut strand: Strand<S>, first: u8, words: u8, bound: Option<(u32, u32)>, condition: ConditionId) -> Vec<Strand<S>> {
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
