//! `fib`: a route lookup (`nft_fib4_eval`, `nft_fib4_eval_type` and their IPv6 twins).

use super::{
    rule::Reader,
    value::{Derived, Rule, Value},
};
use crate::{
    model::{Bits, Field, Step},
    ruleset::nft::expr::Fib,
};

/// `NFT_FIB_RESULT_*`.
const OIF: u32 = 1;
const OIFNAME: u32 = 2;

/// `NFTA_FIB_F_PRESENT`.
const PRESENT: u32 = 32;

impl Reader<'_, '_> {
    /// The simulation leaves a number in the register's word; the kernel stores it in the host's byte order.
    pub(super) fn fib(&mut self, fib: &Fib) {
        let word = fib.dest.0 / 4;
        let field = Field::Register(word);
        // A name follows from the index.
        let result = if fib.result == OIFNAME { OIF } else { fib.result };
        self.forget_words(fib.dest, 4);
        self.effect(Step::Fib { register: word, result, flags: fib.flags });
        if fib.result == OIFNAME {
            let names = Rule::Table(self.context.names.clone());
            return self.load(fib.dest, Value::Derived(Derived { field, width: 128, rule: names }));
        }
        let number = Bits::field(field, self.context.version).swap_bytes(4);
        let bytes = if fib.flags & PRESENT != 0 { 8 } else { 32 };
        self.load_bits(fib.dest, number.slice(0, bytes));
    }
}
