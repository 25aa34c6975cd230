//! Equality and hash of the set, whatever its form.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{FEW, Form, Values};

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.width == other.width
            && match (&self.form, &other.form) {
                (Form::Intervals(a), Form::Intervals(b)) => a == b,
                (Form::Bits(a), Form::Bits(b)) => Arc::ptr_eq(a, b) || a == b,
                (Form::Intervals(a), Form::Bits(b)) | (Form::Bits(b), Form::Intervals(a)) => a.iter().eq(b.ranges(self.width)),
            }
    }
}

impl Eq for Values {}

impl Hash for Values {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.width.hash(state);
        // Enough to tell sets apart, and the same for both forms.
        let few = match &self.form {
            Form::Intervals(intervals) => intervals.iter().take(FEW).fold(0, mix),
            Form::Bits(diagram) => diagram.ranges(self.width).take(FEW).fold(0, mix),
        };
        few.hash(state);
    }
}

fn mix(hash: u128, (low, high): (u128, u128)) -> u128 {
    (hash ^ low).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).rotate_left(41) ^ high
}
