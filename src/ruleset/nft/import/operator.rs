//! Arithmetic on bits.

use serde_json::Value;

use super::{
    Wrong,
    reader::Reader,
    term::{Kind, Term},
};
use crate::ruleset::nft::{
    expr::BooleanOp,
    language::{datatype::Base, number::ones},
};

impl Reader<'_, '_> {
    /// `{"&": [left, right]}`; newer listings have more than two operands of one operator in one list.
    pub fn operation(&mut self, name: &str, body: &Value) -> Result<Term, Wrong> {
        const MOST: usize = 32;
        let list = body.as_array().filter(|list| (2..=MOST).contains(&list.len()));
        let Some([first, rest @ ..]) = list.map(Vec::as_slice) else { return Err("an operator has 2 to 32 operands".into()) };
        let mut result = self.term(first)?;
        if result.datatype.base == Base::Text || matches!(result.kind, Kind::Concat(_)) {
            return Err("only numbers have bits".into());
        }
        for operand in rest {
            result = self.operated(name, result, operand)?;
        }
        Ok(result)
    }

    fn operated(&mut self, name: &str, left: Term, operand: &Value) -> Result<Term, Wrong> {
        let op = match name {
            "&" => BooleanOp::And,
            "|" => BooleanOp::Or,
            "^" => BooleanOp::Xor,
            _ => {
                let by = operand.as_u64().and_then(|by| u32::try_from(by).ok()).filter(|by| *by < left.bits);
                let by = by.ok_or_else(|| Wrong::from("a shift is by less than the width of what is shifted"))?;
                return Ok(left.with(Kind::Shift(name == "<<", Box::new(left.clone()), by)));
            }
        };
        let right = match self.constant(operand, &left) {
            Ok(constant) => constant,
            Err(wrong) => {
                let right = self.term(operand).map_err(|_| wrong)?;
                if right.bits != left.bits {
                    return Err("both sides of an operator are equally wide".into());
                }
                right.ordered(left.order)
            }
        };
        // The mask of a field that has one already (`ip frag-off` of IPv6's fragment header, `ip dscp`).
        if let (BooleanOp::And, Kind::Bits { bytes, mask, shift: 0 }, Kind::Number(value)) = (op, &left.kind, &right.kind) {
            let kind = Kind::Bits { bytes: bytes.clone(), mask: mask & value & ones(bytes.bits), shift: 0 };
            return Ok(left.with(kind));
        }
        Ok(left.with(Kind::Boolean(op, Box::new(left.clone()), Box::new(right))))
    }
}
