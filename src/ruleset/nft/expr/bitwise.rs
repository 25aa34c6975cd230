//! Mask, xor and shift of a register (`nft_bitwise.c`).

use super::Reg;
use crate::ruleset::nft::Data;
use crate::ruleset::nft::decode::attributes::{be32, data, length, optional, parse, register};

/// Mask, xor and shift of a register (`nft_bitwise.c`).
#[derive(Debug, Clone)]
pub struct Bitwise {
    pub source: Reg,
    /// Second source register of `and`, `or`, `xor` between registers (kernel 6.13 and later).
    pub source2: Option<Reg>,
    pub dest: Reg,
    /// Bytes.
    pub len: u32,
    pub op: BitwiseOp,
}

/// What a bitwise expression does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BitwiseOp {
    /// `dest = (source & mask) ^ xor`.
    MaskXor { mask: Data, xor: Data },
    /// Shift left by so many bits, over the whole length.
    ShiftLeft(u32),
    /// Shift right by so many bits.
    ShiftRight(u32),
    /// `dest = source & (source2 or data)`; 0 and, 1 or, 2 xor in `which`.
    Boolean { which: BooleanOp, data: Option<Data> },
}

/// The operation of a [`BitwiseOp::Boolean`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BooleanOp {
    And,
    Or,
    Xor,
}

impl Bitwise {
    /// `nft_bitwise_dump`.
    pub(super) fn decode(attributes: &[u8]) -> Option<Self> {
        let [_, source, dest, len, mask, xor, op, operand, source2] = parse(attributes)?;
        let number = optional(op, be32)?.unwrap_or(0);
        let op = match (number, mask, xor, operand, source2) {
            (0, Some(mask), Some(xor), None, None) => BitwiseOp::MaskXor { mask: data(mask)?, xor: data(xor)? },
            (1, None, None, Some(bits), None) => BitwiseOp::ShiftLeft(shift(bits)?),
            (2, None, None, Some(bits), None) => BitwiseOp::ShiftRight(shift(bits)?),
            (3..=5, None, None, Some(operand), None) => {
                BitwiseOp::Boolean { which: BooleanOp::decode(number)?, data: Some(data(operand)?) }
            }
            (3..=5, None, None, None, Some(_)) => BitwiseOp::Boolean { which: BooleanOp::decode(number)?, data: None },
            _ => return None,
        };
        Some(Self { source: register(source?)?, source2: optional(source2, register)?, dest: register(dest?)?, len: length(len?)?, op })
    }
}

/// The number of bits of a shift, which the kernel keeps as data in the order of its processor.
fn shift(attributes: &[u8]) -> Option<u32> {
    data(attributes)?.as_slice().try_into().ok().map(u32::from_ne_bytes)
}

impl BooleanOp {
    /// From `NFT_BITWISE_{AND,OR,XOR}`.
    fn decode(number: u32) -> Option<Self> {
        match number {
            3 => Some(Self::And),
            4 => Some(Self::Or),
            5 => Some(Self::Xor),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::nft::{
        Expr,
        decode::handmade::{data, expr, number},
    };

    fn bitwise(op: u32, more: &[Vec<u8>]) -> Option<Bitwise> {
        let common = [number(1, 1), number(2, 9), number(3, 4), number(6, op)];
        match expr("bitwise", &[&common, more].concat()) {
            Expr::Bitwise(bitwise) => Some(bitwise),
            Expr::Unknown { .. } => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn between_registers() {
        let and = bitwise(3, &[number(8, 10)]).expect("two registers");
        assert_eq!((and.source, and.source2, and.dest, and.len), (Reg(0), Some(Reg(8)), Reg(4), 4));
        assert_eq!(and.op, BitwiseOp::Boolean { which: BooleanOp::And, data: None });
        let or = bitwise(4, &[data(7, &[1, 2, 3, 4])]).expect("register and data");
        assert_eq!(or.op, BitwiseOp::Boolean { which: BooleanOp::Or, data: Some(Data::from_slice(&[1, 2, 3, 4])) });
    }

    #[test]
    fn half_understood_is_unknown() {
        assert!(bitwise(6, &[number(8, 10)]).is_none(), "an operation of a later kernel");
        assert!(bitwise(0, &[data(4, &[1])]).is_none(), "no xor");
        assert!(bitwise(1, &[data(7, &[1])]).is_none(), "a shift is a u32");
        assert!(bitwise(1, &[data(7, &8u32.to_ne_bytes()), number(9, 1)]).is_none(), "an attribute of a later kernel");
    }
}
