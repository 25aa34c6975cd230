//! Terms as expressions, with the registers that nft chooses (`netlink_linearize.c`).

use super::{
    Wrong,
    reader::Reader,
    term::{HeaderOption, Kind, Payload, Term, bytes},
};
use crate::ruleset::nft::{
    Expr,
    expr::{self, Bitwise, BitwiseOp, BooleanOp, Byteorder, Exthdr, Immediate, ImmediateValue, Lookup, PayloadBase, Reg},
    language::{datatype::Order, number::ones, protocol::Layer},
};

/// Bytes of a register of 128 bits, which everything takes but a concatenation.
const REGISTER: u32 = 16;
/// Bytes of all registers.
const REGISTERS: u32 = 64;

/// Bytes of registers that hold so many bits (`netlink_register_space`).
pub const fn space(bits: u32) -> u32 {
    bits.div_ceil(32) * 4
}

/// The next part of a concatenation, or what lies behind a value, so many bytes further.
pub fn after(register: Reg, bytes: u32) -> Result<Reg, Wrong> {
    let place = u32::from(register.0) + bytes;
    u8::try_from(place).ok().filter(|_| place < REGISTERS).map(Reg).ok_or_else(|| "this takes more registers than there are".into())
}

impl Reader<'_, '_> {
    /// Takes the next free register (`get_register`).
    pub fn take(&mut self, term: Option<&Term>) -> Result<Reg, Wrong> {
        let bytes = match term {
            Some(Term { kind: Kind::Concat(_), bits, .. }) => space(*bits),
            _ => REGISTER,
        };
        let register = u8::try_from(self.free).map(Reg).map_err(|_| Wrong::from("no register is free"))?;
        if self.free + bytes > REGISTERS {
            return Err("this takes more registers than there are".into());
        }
        self.free += bytes;
        Ok(register)
    }

    /// Loads a term into the next free register, which later ones do not use until [`Self::release`].
    pub fn load(&mut self, term: &Term) -> Result<Reg, Wrong> {
        let register = self.take(Some(term))?;
        self.put(term, register)?;
        Ok(register)
    }

    /// All registers are free again.
    pub fn release(&mut self) {
        self.free = 0;
    }

    /// Loads a term into a register (`netlink_gen_expr`).
    pub fn put(&mut self, term: &Term, dest: Reg) -> Result<(), Wrong> {
        match &term.kind {
            Kind::Number(_) | Kind::Text(_) => {
                let data = term.data().ok_or_else(|| Wrong::from("this is no constant"))?;
                self.exprs.push(Expr::Immediate(Immediate { dest: Some(dest), value: ImmediateValue::Data(data) }));
            }
            Kind::Payload(payload) => self.exprs.push(loaded(payload, term.bytes(), dest)),
            Kind::Option(option) => self.exprs.push(Expr::Exthdr(exthdr(option, term.bytes(), Some(dest), None))),
            Kind::Load(expr) => self.exprs.push(into_register(expr.clone(), dest)),
            Kind::Hash(hash, key) => {
                let free = self.free;
                let source = self.load(key)?;
                self.free = free;
                self.exprs.push(Expr::Hash(expr::Hash { source: Some(source), len: key.bytes(), dest, ..hash.clone() }));
            }
            Kind::Concat(parts) => {
                let mut place = Some(dest);
                for part in parts {
                    let register = place.ok_or_else(|| Wrong::from("this takes more registers than there are"))?;
                    self.put(part, register)?;
                    place = after(register, space(part.bits)).ok();
                }
            }
            Kind::Bits { bytes: inner, mask, shift } => {
                self.put(inner, dest)?;
                self.masked(dest, inner.bits, inner.order, *mask, 0);
                if *shift > 0 {
                    self.shifted(false, dest, inner.bits, *shift);
                }
            }
            Kind::Boolean(..) => self.boolean(term, dest)?,
            Kind::Shift(left, inner, by) => {
                self.put(inner, dest)?;
                self.shifted(*left, dest, inner.bits, *by);
            }
            Kind::Swapped(inner) => {
                self.put(inner, dest)?;
                let size = if inner.bits % 64 == 0 {
                    8
                } else if inner.bits % 32 == 0 {
                    4
                } else {
                    2
                };
                let to_network = term.order == Order::Big;
                self.exprs.push(Expr::Byteorder(Byteorder { source: dest, dest, to_network, len: inner.bytes(), size }));
            }
            Kind::Map { key, set } => {
                // The key goes where the value comes from (`netlink_gen_map`).
                self.put(key, dest)?;
                self.exprs.push(Expr::Lookup(Lookup { set: set.clone(), source: dest, dest: Some(Some(dest)), invert: false }));
            }
        }
        Ok(())
    }

    /// `dest = (dest & mask) ^ xor`.
    pub fn masked(&mut self, dest: Reg, bits: u32, order: Order, mask: u128, xor: u128) {
        let op = BitwiseOp::MaskXor { mask: bytes(mask, bits, order), xor: bytes(xor, bits, order) };
        self.exprs.push(Expr::Bitwise(Bitwise { source: dest, source2: None, dest, len: bits.div_ceil(8), op }));
    }

    fn shifted(&mut self, left: bool, dest: Reg, bits: u32, by: u32) {
        let op = if left { BitwiseOp::ShiftLeft(by) } else { BitwiseOp::ShiftRight(by) };
        self.exprs.push(Expr::Bitwise(Bitwise { source: dest, source2: None, dest, len: bits.div_ceil(8), op }));
    }

    /// Ands, ors and xors with constants, one after the other, are one expression (`netlink_gen_bitwise`).
    fn boolean(&mut self, term: &Term, dest: Reg) -> Result<(), Wrong> {
        let (mut chain, mut innermost) = (Vec::new(), term);
        while let Kind::Boolean(op, left, right) = &innermost.kind {
            let Kind::Number(value) = right.kind else { return self.of_two(*op, left, right, dest) };
            chain.push((*op, value));
            innermost = left;
        }
        self.put(innermost, dest)?;
        let all = ones(term.bits);
        let (mut mask, mut xor) = (all, 0);
        for (op, value) in chain.into_iter().rev() {
            // `(x & m) ^ v`, of which the next one is taken.
            let (and, flip) = match op {
                BooleanOp::And => (value, 0),
                BooleanOp::Or => (all & !value, value),
                BooleanOp::Xor => (all, value),
            };
            (mask, xor) = (mask & and, (xor & and) ^ flip);
        }
        self.masked(dest, term.bits, term.order, mask, xor);
        Ok(())
    }

    /// Between two registers, as kernels since 6.13 can.
    fn of_two(&mut self, which: BooleanOp, left: &Term, right: &Term, dest: Reg) -> Result<(), Wrong> {
        self.put(left, dest)?;
        let free = self.free;
        let source2 = self.load(right)?;
        self.free = free;
        let op = BitwiseOp::Boolean { which, data: None };
        self.exprs.push(Expr::Bitwise(Bitwise { source: dest, source2: Some(source2), dest, len: left.bytes(), op }));
        Ok(())
    }
}

/// `NFT_PAYLOAD_*` of a layer.
pub fn base(layer: Layer) -> PayloadBase {
    match layer {
        Layer::Link => PayloadBase::Link,
        Layer::Network => PayloadBase::Network,
        Layer::Transport => PayloadBase::Transport,
        Layer::None | Layer::Inner => PayloadBase::Inner,
    }
}

fn loaded(payload: &Payload, len: u32, dest: Reg) -> Expr {
    Expr::Payload(expr::Payload {
        base: base(payload.layer),
        offset: payload.offset / 8,
        len,
        dest: Some(dest),
        source: None,
        csum_type: None,
        csum_offset: None,
        csum_flags: None,
    })
}

/// An option loaded or written.
pub fn exthdr(option: &HeaderOption, len: u32, dest: Option<Reg>, source: Option<Reg>) -> Exthdr {
    Exthdr { dest, source, kind: option.kind, offset: option.offset / 8, len, present: option.present, op: option.op }
}

/// A load with its register.
fn into_register(mut expr: Expr, register: Reg) -> Expr {
    match &mut expr {
        Expr::Meta(meta) => meta.dest = Some(register),
        Expr::Ct(ct) => ct.dest = Some(register),
        Expr::Rt(rt) => rt.dest = register,
        Expr::Socket(socket) => socket.dest = register,
        Expr::Fib(fib) => fib.dest = register,
        Expr::Numgen(numgen) => numgen.dest = register,
        Expr::Hash(hash) => hash.dest = register,
        // Fingerprints and IPsec: the register is the first attribute.
        Expr::Unknown { attributes, .. } => super::encode::set_register(attributes, register),
        _ => {}
    }
    expr
}
