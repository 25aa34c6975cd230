//! `cmp` and `range`: comparison of a register with constants (`nft_cmp_eval`, `nft_range_eval`).

use super::{rule::Reader, value::Value};
use crate::{
    model::{
        Field, Test,
        bits::{number, ones},
        compare,
        step::ConditionKind,
    },
    ruleset::nft::expr::{Cmp, CmpOp, Range},
};

impl Reader<'_, '_> {
    /// `memcmp` orders bytes as unsigned numbers, the first most significant.
    pub(super) fn cmp(&mut self, cmp: &Cmp) {
        let data = number(&cmp.data);
        let last = ones((8 * cmp.data.len().min(16)) as u8);
        let value = self.read(cmp.source, cmp.data.len());
        let (range, holds) = match cmp.op {
            CmpOp::Eq => (Some((data, data)), true),
            CmpOp::Neq => (Some((data, data)), false),
            CmpOp::Lt => (data.checked_sub(1).map(|high| (0, high)), true),
            CmpOp::Lte => (Some((0, data)), true),
            CmpOp::Gt => ((data < last).then(|| (data + 1, last)), true),
            CmpOp::Gte => (Some((data, last)), true),
        };
        self.compare(&value, range, holds);
    }

    pub(super) fn range(&mut self, range: &Range) {
        let value = self.read(range.source, range.from.len());
        let (low, high) = (number(&range.from), number(&range.to));
        self.compare(&value, (low <= high).then_some((low, high)), !range.invert);
    }

    /// Goes on if the value is in the range, or, where `holds` is false, if it is not.
    fn compare(&mut self, value: &Value, range: Option<(u128, u128)>, holds: bool) {
        let Some((low, high)) = range else { return self.test(Test::certain(!holds)) };
        let test = match value {
            Value::Bits(bits) => match bits.as_field(self.context.version) {
                // What many rules ask (a protocol, a port) they share.
                Some(field) if holds && field.width(self.context.version) <= 16 && (low, high) != (0, ones(bits.width() as u8)) => {
                    if field == Field::Protocol && low == high {
                        self.protocol = u8::try_from(low).ok();
                    }
                    Some(self.context.common(field, low, high))
                }
                _ => compare::within(bits, &[(low, high)], self.context.version),
            },
            Value::Derived(_) => value.within(&[(low, high)], self.context.version),
        };
        match test {
            Some(test) => self.test(if holds { test } else { test.negate() }),
            None => self.undecided(ConditionKind::Unknown, "a comparison of more than 16 bytes"),
        }
    }
}
