//! Sets that masks and slices describe, and what moving bits makes of a set.

use std::sync::Arc;

use super::{
    FEW, Form, Values,
    bits::{Diagram, ones},
    intervals::Intervals,
};

impl Values {
    /// The values `v` with `v & mask == value & mask`.
    #[must_use]
    pub fn masked(width: u8, mask: u128, value: u128) -> Self {
        let mask = mask & ones(width);
        let value = value & mask;
        if mask == 0 {
            return Self::all(width);
        }
        let tail = ones(mask.trailing_zeros() as u8);
        // The free bits above the lowest fixed one: each combination of them is an interval.
        let free = ones(width) & !mask & !tail;
        if free.count_ones() > FEW.ilog2() {
            return Self { width, form: Form::Bits(Arc::new(Diagram::masked(mask, value))) };
        }
        let mut intervals = Intervals::default();
        let mut choice = 0u128;
        loop {
            intervals.push((value | choice, value | choice | tail));
            // Counts through the subsets of `free`.
            choice = choice.wrapping_sub(free) & free;
            if choice == 0 {
                return Self::of(width, intervals);
            }
        }
    }

    /// The values whose bits `low .. low + slice.width()` are in `slice`.
    #[must_use]
    pub fn with_slice(width: u8, low: u8, slice: &Self) -> Self {
        let top = low + slice.width;
        let above = u32::from(width.saturating_sub(top));
        let few = slice.ranges(FEW).filter(|blocks| above <= FEW.ilog2() && blocks.len() << above <= FEW);
        let Some(blocks) = few else {
            return Self { width, form: Form::Bits(Arc::new(slice.diagram().raised(low))) }.settled();
        };
        let repeated = (0..1u128 << above).flat_map(|high| {
            let base = if above == 0 { 0 } else { high << top };
            blocks.iter().map(move |(from, to)| (base | from << low, base | to << low | ones(low)))
        });
        Self::of(width, repeated.collect())
    }

    /// If it is `{v : v & mask == value}` for one mask, that mask and value.
    #[must_use]
    pub fn as_mask(&self) -> Option<(u128, u128)> {
        let first = self.first()?;
        // If so, a bit is fixed exactly if flipping it leads out of the set.
        let fixed = (0..self.width).map(|bit| 1 << bit).filter(|bit| !self.contains(first ^ bit));
        let mask = fixed.fold(0, |mask, bit| mask | bit);
        let value = first & mask;
        (*self == Self::masked(self.width, mask, value)).then_some((mask, value))
    }

    /// Whether masks had a part in it and it is simple enough to look for them: it is a diagram of up to `nodes` nodes. A block list, however
    /// long, is intervals.
    #[must_use]
    pub fn may_be_of_masks(&self, nodes: usize) -> bool {
        matches!(&self.form, Form::Bits(diagram) if diagram.nodes().len() <= nodes)
    }

    /// The values that are in it after the bits of `flip` are flipped.
    #[must_use]
    pub fn flipped(&self, flip: u128) -> Self {
        let flip = flip & ones(self.width);
        match self.single() {
            _ if flip == 0 => self.clone(),
            Some(value) => Self::one(self.width, value ^ flip),
            None => Self { width: self.width, form: Form::Bits(Arc::new(self.diagram().flipped(flip))) }.settled(),
        }
    }

    /// What taking the bits `low .. low + self.width()` of a number of `width` bits, and flipping those of `flip`, leads into the set.
    #[must_use]
    pub fn before_slice(&self, width: u8, low: u8, flip: u128) -> Self {
        Self::with_slice(width, low, &self.flipped(flip))
    }

    /// Each value plus `delta`, or minus it; what leaves the width is dropped.
    #[must_use]
    pub fn shifted(&self, delta: u128, minus: bool) -> Self {
        let max = ones(self.width);
        let move_one = |(low, high): (u128, u128)| {
            if minus {
                Some((low.saturating_sub(delta), high.checked_sub(delta)?))
            } else {
                Some((low.checked_add(delta).filter(|low| *low <= max)?, high.saturating_add(delta).min(max)))
            }
        };
        match &self.form {
            Form::Intervals(intervals) => Self::of(self.width, intervals.iter().filter_map(move_one).collect()),
            Form::Bits(diagram) => {
                let moved = diagram.shifted(self.width, delta & max, minus);
                if delta > max { Self::none(self.width) } else { Self { width: self.width, form: Form::Bits(Arc::new(moved)) }.settled() }
            }
        }
    }
}
