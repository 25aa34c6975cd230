//! The tree that the expressions of a rule are read back into, before it is written.

use crate::ruleset::nft::{Data, Set};

use super::datatype::{self as types, Base, Datatype, Order};
use super::number::Number;
use super::option;
use super::protocol::{Field, Layer, Protocol};

/// A value, or something that yields one.
#[derive(Debug, Clone)]
pub struct Operand<'r> {
    pub kind: Kind<'r>,
    pub datatype: Datatype,
    pub order: Order,
    /// Width; 0 if not known.
    pub bits: u32,
}

/// What an operand is.
#[derive(Debug, Clone)]
pub enum Kind<'r> {
    /// A constant as the kernel holds it, its type not yet known.
    Bytes(Data),
    /// A constant of known type.
    Number(Number),
    /// Several flags, written `a | b` or `a,b`.
    Flags(Number),
    Text(String),
    Prefix(Box<Operand<'r>>, u32),
    Range(Box<Operand<'r>>, Box<Operand<'r>>),
    Payload(Payload),
    Option(HeaderOption),
    Meta(u32),
    Ct(Tracked),
    /// A load that is written by fixed words (route, socket, fib, numgen, symhash).
    Load(String),
    Jhash(Box<Operand<'r>>, String),
    Concat(Vec<Operand<'r>>),
    Binary(Operator, Box<Operand<'r>>, Box<Operand<'r>>),
    /// Its bytes in the other order, which is not written.
    Swapped(Box<Operand<'r>>),
    Compare(Relation, Box<Operand<'r>>, Box<Operand<'r>>),
    /// `left value / mask`.
    FlagCompare {
        not: bool,
        left: Box<Operand<'r>>,
        value: Box<Operand<'r>>,
        mask: Box<Operand<'r>>,
    },
    Set(SetReference<'r>),
    Map(Box<Operand<'r>>, SetReference<'r>),
}

/// A set, with the shift that its keys need: a field that is no whole number of bytes lies shifted in them.
#[derive(Debug, Clone, Copy)]
pub struct SetReference<'r> {
    pub set: &'r Set,
    pub shift: u32,
}

/// Bytes of the packet; offset in bits.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    pub layer: Layer,
    pub offset: u32,
    pub field: Option<(&'static Protocol, &'static Field)>,
    /// Comparing it tells the protocol above.
    pub tells: bool,
}

/// A field of an extension header or option; offset in bits.
#[derive(Debug, Clone, Copy)]
pub struct HeaderOption {
    pub op: u32,
    pub kind: u8,
    pub offset: u32,
    pub present: bool,
    pub part: Option<(&'static option::Header, option::Part)>,
}

/// A conntrack key.
#[derive(Debug, Clone, Copy)]
pub struct Tracked {
    pub key: u32,
    pub direction: Option<u8>,
    /// `ip` or `ip6`, of an address whose family only the rest of the rule tells.
    pub network: Option<&'static Protocol>,
}

/// Arithmetic on bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// One of the flags is set.
    Implicit,
    /// None of the flags is set.
    None,
}

impl<'r> Operand<'r> {
    pub fn new(kind: Kind<'r>, datatype: Datatype, order: Order, bits: u32) -> Self {
        Self { kind, datatype, order, bits }
    }

    /// A constant whose type is not known yet.
    pub fn bytes(data: &[u8]) -> Self {
        let bits = u32::try_from(data.len() * 8).unwrap_or(u32::MAX);
        Self::new(Kind::Bytes(Data::from_slice(data)), &types::INVALID, Order::Unknown, bits)
    }

    /// A constant.
    pub fn number(value: u128, bits: u32, datatype: Datatype) -> Self {
        Self::new(Kind::Number(Number { value, bits }), datatype, Order::Big, bits)
    }

    /// Something that yields a value but has no type of its own.
    pub fn untyped(kind: Kind<'r>) -> Self {
        Self::new(kind, &types::INVALID, Order::Unknown, 0)
    }

    /// Gives the operand, and the ends of a range or prefix, a type.
    pub fn set_type(&mut self, datatype: Datatype, order: Order) {
        match &mut self.kind {
            Kind::Prefix(base, _) => base.set_type(datatype, order),
            Kind::Range(from, to) => {
                from.set_type(datatype, order);
                to.set_type(datatype, order);
            }
            _ => {}
        }
        self.datatype = datatype;
        self.order = order;
    }

    /// The constant, if it is a number or flags.
    pub fn as_number(&self) -> Option<Number> {
        match &self.kind {
            Kind::Number(number) | Kind::Flags(number) => Some(*number),
            Kind::Bytes(data) => Some(Number::from_bytes(data)),
            _ => None,
        }
    }

    /// How many operands it is made of.
    pub fn weight(&self) -> usize {
        1 + match &self.kind {
            Kind::Prefix(inner, _) | Kind::Swapped(inner) | Kind::Jhash(inner, _) | Kind::Map(inner, _) => inner.weight(),
            Kind::Range(a, b) | Kind::Binary(_, a, b) | Kind::Compare(_, a, b) => a.weight() + b.weight(),
            Kind::FlagCompare { left, value, mask, .. } => left.weight() + value.weight() + mask.weight(),
            Kind::Concat(parts) => parts.iter().map(Self::weight).sum(),
            _ => 0,
        }
    }

    /// True for one constant, as opposed to several flags.
    pub fn is_value(&self) -> bool {
        matches!(self.kind, Kind::Number(_) | Kind::Bytes(_) | Kind::Text(_))
    }

    /// Turns a constant into what its type and byte order say it is.
    pub fn settled(self) -> Self {
        let Kind::Bytes(data) = &self.kind else { return self };
        if self.datatype.base == Base::Text {
            let kind = Kind::Text(name_of(data));
            return Self { kind, ..self };
        }
        if data.len() > 16 {
            return self;
        }
        let number = Number::from_bytes(data);
        let number = if self.order == Order::Host { number.swapped() } else { number };
        let kind = flags_or_number(number, self.datatype);
        Self { kind, bits: number.bits, ..self }
    }
}

/// Several bits of a bitmask are flags, a single one is a value.
pub fn flags_or_number<'r>(number: Number, datatype: Datatype) -> Kind<'r> {
    if datatype.base == Base::Bitmask && number.value.count_ones() > 1 { Kind::Flags(number) } else { Kind::Number(number) }
}

/// A name of the kernel's: up to its NUL; without one it is the beginning of names. A star that belongs to the name is escaped.
fn name_of(data: &[u8]) -> String {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let mut name = String::from_utf8_lossy(&data[..end]).into_owned();
    if data.last().is_some_and(|byte| *byte != 0) {
        name.push('*');
    } else if name.ends_with('*') {
        name.pop();
        name.push_str("\\*");
    }
    name
}
