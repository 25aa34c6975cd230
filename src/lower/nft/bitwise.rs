//! `bitwise`: mask, xor and shift (`nft_bitwise_eval`). It works on whole 32-bit words.

use super::{rule::Reader, value::Value};
use crate::{
    model::{Bits, bits::number, bits::ones, step::ConditionKind},
    ruleset::nft::{
        Data,
        expr::{Bitwise, BitwiseOp, BooleanOp, Reg},
    },
};

impl Reader<'_, '_> {
    pub(super) fn bitwise(&mut self, bitwise: &Bitwise) {
        let bytes = (bitwise.len as usize).next_multiple_of(4).min(super::registers::SIZE);
        match (&bitwise.op, bitwise.source2) {
            (BitwiseOp::MaskXor { mask, xor }, _) => self.mask_xor(bitwise, bytes, mask, xor),
            (BitwiseOp::ShiftLeft(by), _) => self.shift(bitwise, bytes, |bits| bits.shift_left(*by as usize)),
            (BitwiseOp::ShiftRight(by), _) => self.shift(bitwise, bytes, |bits| bits.shift_right(*by as usize)),
            (BitwiseOp::Boolean { which, data: Some(data) }, None) => {
                let bits = self.read_bits(bitwise.source, bytes);
                self.load_bits(bitwise.dest, apply(*which, &bits, data));
            }
            (BitwiseOp::Boolean { which, .. }, Some(second)) => self.boolean(bitwise, bytes, *which, second),
            (BitwiseOp::Boolean { .. }, None) => self.load_unknown(bitwise.dest, bytes, ConditionKind::Unknown, "bitwise without operand"),
        }
    }

    /// `nft_bitwise_eval_mask_xor`: words in memory order, so no byte order matters. Bytes beyond `len` are masked out.
    fn mask_xor(&mut self, bitwise: &Bitwise, bytes: usize, mask: &Data, xor: &Data) {
        let exact = bitwise.len as usize;
        if let Some(Value::Derived(derived)) = self.registers.read(bitwise.source, exact)
            && exact <= 16
        {
            let align = |data: &Data| number(data) << (8 * (exact - data.len().min(exact))) & ones((8 * exact) as u8);
            let (mask, xor) = (align(mask), align(xor));
            if let Some(masked) = derived.map(derived.width, |number| number & mask ^ xor) {
                return self.load(bitwise.dest, Value::Derived(masked));
            }
        }
        let bits = self.read_bits(bitwise.source, bytes);
        self.load_bits(bitwise.dest, bits.and(mask).xor(xor));
    }

    /// `nft_bitwise_eval_lshift`, `nft_bitwise_eval_rshift`: words are numbers in the host's order, the first word most significant.
    fn shift(&mut self, bitwise: &Bitwise, bytes: usize, shift: impl Fn(&Bits) -> Bits) {
        let numbers = self.read_bits(bitwise.source, bytes).swap_bytes(4);
        self.load_bits(bitwise.dest, shift(&numbers).swap_bytes(4));
    }

    /// `nft_bitwise_eval_and`, `…_or`, `…_xor` of two registers: exact if one of them is constant.
    fn boolean(&mut self, bitwise: &Bitwise, bytes: usize, which: BooleanOp, second: Reg) {
        let (a, b) = (self.read_bits(bitwise.source, bytes), self.read_bits(second, bytes));
        match (constant_bytes(&a), constant_bytes(&b)) {
            (_, Some(b)) => self.load_bits(bitwise.dest, apply(which, &a, &b)),
            (Some(a), _) => self.load_bits(bitwise.dest, apply(which, &b, &a)),
            _ => self.load_unknown(bitwise.dest, bytes, ConditionKind::Unknown, "bitwise of two registers"),
        }
    }
}

fn apply(which: BooleanOp, bits: &Bits, data: &[u8]) -> Bits {
    match which {
        BooleanOp::And => bits.and(data),
        BooleanOp::Or => bits.or(data),
        BooleanOp::Xor => bits.xor(data),
    }
}

fn constant_bytes(bits: &Bits) -> Option<Data> {
    (0..bits.width() / 8).map(|byte| bits.slice(8 * byte, 8).as_constant().map(|value| value as u8)).collect()
}
