//! What is not modelled: expressions that this program does not know.

use super::{registers, rule::Reader};
use crate::{
    model::{Field, Step, Test, Values, step::ConditionKind},
    ruleset::nft::expr::Reg,
};

impl Reader<'_, '_> {
    /// Anything may follow: a verdict, a break, or the next expression.
    pub(super) fn opaque(&mut self, text: impl Into<String>) {
        let condition = self.context.condition(ConditionKind::Unknown, text);
        self.effect(Step::Opaque(condition));
    }

    /// Some expressions of newer or rarer kinds only load registers, or only test: what does not depend on them stays certain.
    pub(super) fn unknown(&mut self, name: &str) {
        match name {
            // `nft_last_eval` only remembers the time.
            "last" => {}
            "osf" | "tunnel" | "xfrm" | "inner" => {
                self.registers.clear();
                let condition = self.context.condition(ConditionKind::Unknown, name);
                let bits = self.free(Reg(0), registers::SIZE, condition);
                self.load_bits(Reg(0), bits);
            }
            // nft_flow_offload_eval: what is no confirmed connection breaks off.
            "flow_offload" => {
                self.test(Test::is(Field::CtState, Values::from_ranges(32, [(2, 2), (4, 4)])));
                self.undecided(ConditionKind::Unknown, "flow add");
            }
            other => self.opaque(other),
        }
    }
}
