//! OxiDD's decision diagrams as an independent judge of sets that are too big to enumerate.

use oxidd::{BooleanFunction, Manager, ManagerRef, bcdd::BCDDFunction};
use proptest::prelude::*;

use super::*;

/// A set, as OxiDD sees it.
pub(in crate::model) type Judged = BCDDFunction;

/// Variables for a number of bits; those of one field start at an offset.
pub(in crate::model) struct Oracle {
    bits: Vec<Judged>,
    pub none: Judged,
    pub all: Judged,
}

pub(in crate::model) fn not(a: &Judged) -> Judged {
    a.not().expect("memory")
}

pub(in crate::model) fn and(a: &Judged, b: &Judged) -> Judged {
    a.and(b).expect("memory")
}

pub(in crate::model) fn or(a: &Judged, b: &Judged) -> Judged {
    a.or(b).expect("memory")
}

impl Oracle {
    pub fn new(bits: u32) -> Self {
        let manager = oxidd::bcdd::new_manager(1 << 18, 1 << 16, 1);
        manager.with_manager_exclusive(|manager| Self {
            // High bits first, as in our diagrams, so that both are small.
            bits: manager.add_vars(bits).map(|bit| Judged::var(manager, bits - 1 - bit).expect("memory")).collect(),
            none: Judged::f(manager),
            all: Judged::t(manager),
        })
    }

    fn bit(&self, offset: u8, bit: u8) -> &Judged {
        &self.bits[usize::from(offset + bit)]
    }

    /// `v & mask == value & mask`, bit by bit.
    pub fn masked(&self, offset: u8, mask: u128, value: u128) -> Judged {
        (0..128).filter(|bit| mask >> bit & 1 == 1).fold(self.all.clone(), |all, bit| {
            let bit_is_one = self.bit(offset, bit);
            and(&all, &if value >> bit & 1 == 1 { bit_is_one.clone() } else { not(bit_is_one) })
        })
    }

    fn at_most(&self, offset: u8, width: u8, limit: u128) -> Judged {
        (0..width).fold(self.all.clone(), |lower, bit| {
            let zero = not(self.bit(offset, bit));
            if limit >> bit & 1 == 1 { or(&zero, &lower) } else { and(&zero, &lower) }
        })
    }

    pub fn range(&self, offset: u8, width: u8, low: u128, high: u128) -> Judged {
        let below = if low == 0 { self.none.clone() } else { self.at_most(offset, width, low - 1) };
        and(&self.at_most(offset, width, high), &not(&below))
    }

    /// A set of ours.
    pub fn of(&self, offset: u8, values: &Values) -> Judged {
        let mut made = vec![self.none.clone(), self.all.clone()];
        let root = values.decisions(ALL, &mut |bit, low, high| {
            made.push(self.bit(offset, bit).ite(&made[high as usize], &made[low as usize]).expect("memory"));
            made.len() as u32 - 1
        });
        made[root as usize].clone()
    }
}

/// A mask or a range of the widest fields: two numbers to make it of, and whether it is a mask.
fn leaf() -> impl Strategy<Value = (bool, u128, u128)> {
    // Few fixed bits, so that masks meet.
    let sparse = (any::<u128>(), any::<u128>(), any::<u128>()).prop_map(|(a, b, c)| a & b & c);
    prop_oneof![(Just(true), sparse, any::<u128>()), (Just(false), any::<u128>(), any::<u128>())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_oxidd(width in prop_oneof![Just(32u8), Just(48), Just(128)], steps in prop::collection::vec((leaf(), 0..4u8), 1..7)) {
        let oracle = Oracle::new(u32::from(width));
        let (mut values, mut judged) = (Values::none(width), oracle.none.clone());
        for ((is_mask, a, b), operation) in steps {
            let (a, b) = (a & ones(width), b & ones(width));
            let (low, high) = (a.min(b), a.max(b));
            let (leaf, leaf_judged) = if is_mask {
                (Values::masked(width, a, b), oracle.masked(0, a, b))
            } else {
                (Values::range(width, low, high), oracle.range(0, width, low, high))
            };
            let meets = and(&judged, &leaf_judged) != oracle.none;
            let escapes = and(&judged, &not(&leaf_judged)) != oracle.none;
            let relation = if !escapes { Relation::Inside } else if meets { Relation::Across } else { Relation::Outside };
            prop_assert_eq!(values.relation(&leaf), relation);
            (values, judged) = match operation {
                0 => (values.and(&leaf), and(&judged, &leaf_judged)),
                1 => (values.minus(&leaf), and(&judged, &not(&leaf_judged))),
                2 => (values.complement().or(&leaf), or(&not(&judged), &leaf_judged)),
                _ => (values.or(&leaf), or(&judged, &leaf_judged)),
            };
            prop_assert!(oracle.of(0, &values) == judged, "{:?}", values);
            prop_assert_eq!(values.is_all(), judged == oracle.all);
            prop_assert_eq!(values.is_empty(), judged == oracle.none);
            if let Some(ranges) = values.ranges(1000) {
                let listed = ranges.iter().fold(oracle.none.clone(), |all, (low, high)| or(&all, &oracle.range(0, width, *low, *high)));
                prop_assert!(listed == judged);
            }
        }
    }
}
