//! Mask, xor and shift of a register (`nft_bitwise.c`).

use super::Reg;
use crate::ruleset::nft::Data;

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
