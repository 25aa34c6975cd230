//! Expressions that only time, load or chance decide: `limit`, `quota`, `ct count`, `numgen`, `jhash`, `symhash`.

use super::rule::Reader;
use crate::{
    model::{
        Bits, Field, Step, Test,
        step::{ConditionKind, Load},
    },
    ruleset::nft::expr::{Connlimit, Hash, Limit, Numgen, Quota, Reg},
};

impl Reader<'_, '_> {
    pub(super) fn limit(&mut self, limit: &Limit) {
        self.undecided(ConditionKind::Rate, limit_text(limit));
    }

    /// `nft_quota_do_eval`. A quota that is used up stays so until it is reset; the kernel shows no more than the quota as used, and the
    /// next packet then exceeds it.
    pub(super) fn quota(&mut self, quota: &Quota) {
        if quota.consumed >= quota.bytes {
            self.test(Test::certain(quota.over));
        } else {
            let over = if quota.over { "over" } else { "until" };
            let text = format!("quota {over} {} bytes used {} bytes", quota.bytes, quota.consumed);
            self.undecided(ConditionKind::Quota, text);
        }
    }

    pub(super) fn connlimit(&mut self, connlimit: &Connlimit) {
        let over = if connlimit.over { "over " } else { "" };
        self.undecided(ConditionKind::Connections, format!("ct count {over}{}", connlimit.count));
    }

    pub(super) fn numgen(&mut self, numgen: &Numgen) {
        let kind = if numgen.kind == 0 { "inc" } else { "random" };
        let text = format!("numgen {kind} mod {} offset {}", numgen.modulus, numgen.offset);
        self.chance(numgen.dest, numgen.modulus, numgen.offset, text);
    }

    pub(super) fn hash(&mut self, hash: &Hash) {
        let kind = if hash.kind == 0 { "jhash" } else { "symhash" };
        let text = format!("{kind} mod {} offset {}", hash.modulus, hash.offset);
        // A seed that the kernel has chosen is not told, nor is that of symhash.
        if let (0, Some(source), Some(seed), 2..) = (hash.kind, hash.source, hash.seed, hash.modulus) {
            let bits = self.read_bits(source, hash.len as usize);
            let condition = self.context.condition(ConditionKind::Chance, text);
            return self.load_by(hash.dest, 4, Load::Hash { bits, seed, modulus: hash.modulus, offset: hash.offset, condition });
        }
        self.chance(hash.dest, hash.modulus, hash.offset, text);
    }

    /// A number below a modulus, plus an offset. The simulation leaves it in the host's byte order, as the kernel does.
    fn chance(&mut self, dest: Reg, modulus: u32, offset: u32, text: String) {
        if modulus <= 1 {
            return self.load_bits(dest, Bits::constant(32, offset.into()).swap_bytes(4));
        }
        let condition = self.context.condition(ConditionKind::Chance, text);
        let word = dest.0 / 4;
        self.forget_words(dest, 4);
        self.effect(Step::Free { first: word, words: 1, modulus: Some(modulus), offset, condition });
        self.load_bits(dest, Bits::field(Field::Register(word), self.context.version));
    }
}

/// A limit in the operator's syntax.
fn limit_text(limit: &Limit) -> String {
    let unit = match limit.unit {
        1 => "second",
        60 => "minute",
        3600 => "hour",
        86400 => "day",
        604_800 => "week",
        _ => "unit",
    };
    let over = if limit.over { "over " } else { "" };
    let bytes = if limit.bytes { " bytes" } else { "" };
    format!("limit rate {over}{}{bytes}/{unit}", limit.rate)
}
