//! What yields a value: nft's expressions, with type, byte order and width, before they are given registers.

use crate::ruleset::nft::{
    Data, Expr,
    expr::{BooleanOp, Hash},
    language::{
        datatype::{Base, Datatype, Order},
        number::ones,
        protocol::{Field, Layer, Protocol},
    },
};

/// A value, or something that yields one.
#[derive(Debug, Clone)]
pub struct Term {
    pub kind: Kind,
    pub datatype: Datatype,
    pub order: Order,
    /// Width.
    pub bits: u32,
}

/// What a term is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A number.
    Number(u128),
    /// Text, as wide as what it is compared with.
    Text(Data),
    Payload(Payload),
    Option(HeaderOption),
    /// An expression that loads, whose register is not yet chosen.
    Load(Expr),
    /// `jhash`, of a term.
    Hash(Hash, Box<Term>),
    Concat(Vec<Term>),
    /// A field that is no whole number of bytes: the bytes that it lies in, their mask, and how many bits lie below the field.
    Bits {
        bytes: Box<Term>,
        mask: u128,
        shift: u32,
    },
    /// With a constant, or with another term.
    Boolean(BooleanOp, Box<Term>, Box<Term>),
    /// By so many bits to the left (true) or right.
    Shift(bool, Box<Term>, u32),
    /// In the other byte order.
    Swapped(Box<Term>),
    /// What a map leads to.
    Map {
        key: Box<Term>,
        set: String,
    },
}

/// Bytes of the packet; offset in bits.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    pub layer: Layer,
    pub offset: u32,
    pub field: Option<(&'static Protocol, &'static Field)>,
}

/// A part of an extension header or option; offset in bits.
#[derive(Debug, Clone, Copy)]
pub struct HeaderOption {
    pub op: u32,
    pub kind: u8,
    pub offset: u32,
    pub present: bool,
}

impl Term {
    /// A constant.
    pub fn number(value: u128, like: &Self) -> Self {
        Self { kind: Kind::Number(value & ones(like.bits)), datatype: like.datatype, order: like.order, bits: like.bits }
    }

    /// The same width and type around another kind.
    pub fn with(&self, kind: Kind) -> Self {
        Self { kind, datatype: self.datatype, order: self.order, bits: self.bits }
    }

    /// Bytes that it takes up.
    pub fn bytes(&self) -> u32 {
        self.bits.div_ceil(8)
    }

    /// What bytes a constant is; None for others.
    pub fn data(&self) -> Option<Data> {
        match &self.kind {
            Kind::Number(value) => Some(bytes(*value, self.bits, self.order)),
            Kind::Text(text) => Some(text.clone()),
            Kind::Concat(parts) => {
                let mut all = Data::new();
                for part in parts {
                    all.extend_from_slice(&part.data()?);
                    all.resize(all.len().next_multiple_of(4), 0);
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// In this byte order (`byteorder_conversion`): text has none, nor has a single byte.
    pub fn ordered(self, order: Order) -> Self {
        if self.bits <= 8 { Self { order, ..self } } else { self.swapped_to(order) }
    }

    /// The parts of a concatenation are converted even if they are but a byte (`expr_evaluate_concat`).
    pub fn parts_ordered(self) -> Self {
        match self.kind {
            Kind::Concat(parts) => {
                let parts = parts.into_iter().map(|part| part.swapped_to(Order::Big)).collect();
                Self { kind: Kind::Concat(parts), ..self }
            }
            _ => self.ordered(Order::Big),
        }
    }

    fn swapped_to(self, order: Order) -> Self {
        let in_order = self.order == order || self.order == Order::Unknown || self.datatype.base == Base::Text;
        match self.kind {
            Kind::Concat(_) => self,
            Kind::Number(_) => Self { order, ..self },
            _ if in_order => self,
            _ => Self { datatype: self.datatype, order, bits: self.bits, kind: Kind::Swapped(Box::new(self)) },
        }
    }

    /// A field among other bits stays where it lies, as its constants can be shifted instead (`binop_transfer`): the term, and by how much.
    pub fn in_place(self) -> (Self, u32) {
        match self.kind {
            Kind::Bits { bytes, mask, shift } => {
                let bits = bytes.bits;
                (Self { kind: Kind::Bits { bytes, mask, shift: 0 }, bits, ..self }, shift)
            }
            _ => (self, 0),
        }
    }

    /// The parts of a concatenation, or the term itself.
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            Kind::Concat(parts) => parts,
            _ => std::slice::from_ref(self),
        }
    }
}

/// A number as so many bits in memory; an unknown order is the network's.
pub fn bytes(value: u128, bits: u32, order: Order) -> Data {
    let all = value.to_be_bytes();
    let count = (bits.div_ceil(8) as usize).min(all.len());
    let mut data = Data::from_slice(all.get(all.len() - count..).unwrap_or_default());
    if order == Order::Host && cfg!(target_endian = "little") {
        data.reverse();
    }
    data
}
