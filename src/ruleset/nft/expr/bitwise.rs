//! Mask, xor and shift of a register (`nft_bitwise.c`).

use super::Reg;
use crate::ruleset::nft::Data;
use crate::ruleset::nft::decode::attributes::{be32, data, optional, parse, register};

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
        Some(Self { source: register(source?)?, source2: optional(source2, register)?, dest: register(dest?)?, len: be32(len?)?, op })
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
