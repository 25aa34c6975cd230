//! What the keys or values of a set are made of.

use super::{
    emit::space,
    term::{Kind, Term},
};
use crate::ruleset::nft::language::datatype::{self as types, Base, Datatype, Order};

/// The parts of a key or value: one, or several for a concatenation.
#[derive(Debug, Clone)]
pub struct Shape {
    pub parts: Vec<Term>,
}

impl Shape {
    /// That of what a term yields.
    pub fn of(term: &Term) -> Self {
        Self { parts: term.parts().iter().map(|part| part.with(Kind::Number(0))).collect() }
    }

    /// One part for each type; those that have no width of their own have none here.
    pub fn of_types(types: &[Datatype]) -> Self {
        let part = |datatype: &Datatype| Term { kind: Kind::Number(0), datatype, order: datatype.order, bits: datatype.bits };
        Self { parts: types.iter().map(part).collect() }
    }

    /// Whether the width of every part is known.
    pub fn is_whole(&self) -> bool {
        self.parts.iter().all(|part| part.bits > 0)
    }

    /// Terms side by side, each in registers of its own.
    pub fn concatenated(parts: Vec<Term>) -> Term {
        let bits = parts.iter().map(|part| space(part.bits) * 8).sum();
        Term { kind: Kind::Concat(parts), datatype: &types::INVALID, order: Order::Unknown, bits }
    }

    pub fn is_concatenation(&self) -> bool {
        self.parts.len() > 1
    }

    /// nft's number of its type.
    pub fn id(&self) -> u32 {
        types::id_of(self.parts.iter().map(|part| part.datatype))
    }

    /// Bytes.
    pub fn len(&self) -> u32 {
        match self.parts.as_slice() {
            [one] => one.bytes(),
            parts => parts.iter().map(|part| space(part.bits)).sum(),
        }
    }

    /// The bytes of each part of a concatenation.
    pub fn field_lens(&self) -> Vec<u32> {
        if self.is_concatenation() { self.parts.iter().map(Term::bytes).collect() } else { Vec::new() }
    }

    /// With numbers as intervals compare them, in the network's order.
    pub fn ordered(mut self) -> Self {
        for part in self.parts.iter_mut().filter(|part| part.datatype.base != Base::Text) {
            part.order = Order::Big;
        }
        self
    }

    /// The byte order that nft notes of it.
    pub fn order(&self) -> Order {
        match self.parts.as_slice() {
            [one] => one.order,
            _ => Order::Unknown,
        }
    }

    /// A term of this shape.
    pub fn term(&self, kind: Kind) -> Term {
        match self.parts.as_slice() {
            [one] => one.with(kind),
            _ => Term { kind, datatype: &types::INVALID, order: Order::Unknown, bits: self.len() * 8 },
        }
    }
}
