//! Bits changed in a register, and loads of header options and raw bytes.

use crate::ruleset::nft::expr::{Bitwise, BitwiseOp, BooleanOp, Exthdr, PayloadBase};

use super::datatype::{self as types, Order};
use super::operand::{HeaderOption, Kind, Operand, Operator, Payload};
use super::protocol::Layer;
use super::registers::Registers;
use super::statement::Statement;
use super::{option, protocol};

impl<'r> Registers<'r> {
    pub fn bitwise(&mut self, bitwise: &Bitwise) -> Option<()> {
        let left = self.load(bitwise.source)?;
        let bits = left.bits;
        let (datatype, order) = (left.datatype, left.order);
        let join = |operator, left: Operand<'r>, right: Operand<'r>| {
            Operand::new(Kind::Binary(operator, Box::new(left), Box::new(right)), datatype, order, bits)
        };
        let shifted = |by: u32| Operand::number(by.into(), 32, &types::INTEGER);
        let result = match &bitwise.op {
            BitwiseOp::ShiftLeft(by) => join(Operator::ShiftLeft, left, shifted(*by)),
            BitwiseOp::ShiftRight(by) => join(Operator::ShiftRight, left, shifted(*by)),
            BitwiseOp::Boolean { which, data } => {
                let operator = match which {
                    BooleanOp::And => Operator::And,
                    BooleanOp::Or => Operator::Or,
                    BooleanOp::Xor => Operator::Xor,
                };
                let right = match data {
                    Some(data) => Operand::bytes(data),
                    None => self.load(bitwise.source2?)?,
                };
                join(operator, left, right)
            }
            BitwiseOp::MaskXor { mask, xor } => {
                // `(x & m) ^ v` may have been and, or, xor or a mix: take it apart as `((x & m) ^ v) | o`.
                let all = mask.iter().all(|byte| *byte == 0xff) && xor.iter().all(|byte| *byte == 0);
                let parts = || mask.iter().zip(xor);
                let or: Vec<u8> = if all { vec![0; mask.len()] } else { parts().map(|(m, v)| (m & v) ^ v).collect() };
                let only_xor: Vec<u8> = if all { xor.to_vec() } else { parts().map(|(m, v)| m & v).collect() };
                let and: Vec<u8> = mask.iter().zip(&or).map(|(m, o)| m | o).collect();
                let mut result = left;
                if bits == 0 || and.iter().any(|byte| *byte != 0xff) {
                    result = join(Operator::And, result, Operand::bytes(&and));
                }
                if only_xor.iter().any(|byte| *byte != 0) {
                    result = join(Operator::Xor, result, Operand::bytes(&only_xor));
                }
                if or.iter().any(|byte| *byte != 0) {
                    result = join(Operator::Or, result, Operand::bytes(&or));
                }
                result
            }
        };
        self.keep(bitwise.dest, result)
    }

    pub fn exthdr(&mut self, exthdr: &Exthdr) -> Option<()> {
        let (offset, bits) = (bits_of(exthdr.offset)?, bits_of(exthdr.len)?);
        let part = option::find(exthdr.op, exthdr.kind, offset, bits);
        let datatype = if exthdr.present { &types::BOOLEAN } else { part.map_or(&types::INTEGER, |(_, part)| part.datatype) };
        let field = HeaderOption { op: exthdr.op, kind: exthdr.kind, offset, present: exthdr.present, part };
        let mut field = Operand::new(Kind::Option(field), datatype, Order::Big, bits);
        match (exthdr.dest, exthdr.source) {
            (Some(register), _) => self.keep(register, field),
            (None, Some(source)) => {
                let mut value = self.load(source)?;
                value.set_type(datatype, Order::Big);
                self.add(Statement::SetOption(field, value))
            }
            (None, None) => {
                if let Kind::Option(option) = &mut field.kind {
                    option.present = true;
                }
                self.add(Statement::RemoveOption(field))
            }
        }
    }
}

/// Bytes of the packet of which nothing else is known. Ports are ports whatever the protocol.
pub fn raw_payload<'r>(base: PayloadBase, offset: u32, bytes: u32) -> Option<Operand<'r>> {
    let (offset, bits) = (bits_of(offset)?, bits_of(bytes)?);
    let layer = match base {
        PayloadBase::Link => Layer::Link,
        PayloadBase::Network => Layer::Network,
        PayloadBase::Transport => Layer::Transport,
        PayloadBase::Inner => Layer::Inner,
        PayloadBase::Other(_) => return None,
    };
    let port = protocol::TH.fields.iter().find(|field| layer == Layer::Transport && field.offset == offset && field.bits == bits);
    let (field, datatype) = match port {
        Some(field) => (Some((&protocol::TH, field)), field.datatype),
        None => (None, &types::HEX_INTEGER),
    };
    Some(Operand::new(Kind::Payload(Payload { layer, offset, field, tells: false }), datatype, Order::Big, bits))
}

/// Bytes in bits; the kernel takes no place or width that does not fit a byte.
fn bits_of(bytes: u32) -> Option<u32> {
    (bytes < 256).then(|| bytes * 8)
}
