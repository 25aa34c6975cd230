//! `immediate`: a constant into a register, or a verdict (`nft_immediate_eval`).

use super::rule::Reader;
use crate::{
    model::{Bits, Step, Verdict},
    ruleset::nft::expr::{self, Immediate, ImmediateValue},
};

impl Reader<'_, '_> {
    pub(super) fn immediate(&mut self, immediate: &Immediate) {
        match (&immediate.value, immediate.dest) {
            (ImmediateValue::Data(data), Some(dest)) => self.load_bits(dest, Bits::bytes(data)),
            (ImmediateValue::Data(_), None) => {}
            (ImmediateValue::Verdict(verdict), _) => self.verdict(verdict),
        }
    }

    /// `continue` leaves the kernel's loop over the expressions running.
    fn verdict(&mut self, verdict: &expr::Verdict) {
        match self.scope.verdict(verdict) {
            Some(Verdict::Continue) => {}
            Some(verdict) => self.end(Step::Verdict(verdict)),
            None => self.opaque("a jump to a chain that was not collected"),
        }
    }
}
