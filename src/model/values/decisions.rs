//! A set of values as decisions on its bits, for whoever builds a larger diagram of them, and back.

use std::sync::Arc;

use super::{
    Form, Values,
    bits::{ALL, Builder, NONE, ones},
    intervals::Intervals,
};

impl Values {
    /// Builds the set of `node(bit, low, high)`, lower bits first; `all` stands for "is in it", 0 for "is not".
    pub(in crate::model) fn decisions(&self, all: u32, node: &mut impl FnMut(u8, u32, u32) -> u32) -> u32 {
        match &self.form {
            Form::Intervals(intervals) => block(intervals, self.width, 0, all, node),
            Form::Bits(diagram) => {
                let mut made = vec![NONE, all];
                for old in diagram.nodes() {
                    let [low, high] = old.branches.map(|branch| made[branch as usize]);
                    made.push(node(old.bit, low, high));
                }
                made[diagram.root() as usize]
            }
        }
    }

    /// From decisions that `build` makes with the function that it is given, low branch first, each only if it is needed.
    pub(in crate::model) fn of_decisions(width: u8, build: impl FnOnce(&mut dyn FnMut(u8, u32, u32) -> u32) -> u32) -> Self {
        let mut builder = Builder::default();
        let root = build(&mut |bit, low, high| builder.node(bit, low, high));
        Self { width, form: Form::Bits(Arc::new(builder.finish(root))) }.settled()
    }
}

/// The part of the intervals in the block of `2^bits` values from `base`.
pub(super) fn block(intervals: &Intervals, bits: u8, base: u128, all: u32, node: &mut impl FnMut(u8, u32, u32) -> u32) -> u32 {
    let last = base | ones(bits);
    match intervals.from(base).next() {
        Some(range) if range.0 <= base && range.1 >= last => all,
        Some(range) if range.0 <= last => {
            let bit = bits - 1;
            let low = block(intervals, bit, base, all, node);
            let high = block(intervals, bit, base | 1 << bit, all, node);
            node(bit, low, high)
        }
        _ => NONE,
    }
}

const _: () = assert!(NONE == 0 && ALL == 1);
