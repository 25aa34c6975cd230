//! Writes operands.

use std::fmt::Write as _;

use crate::ruleset::nft::{Set, expr::Verdict};

use super::Interfaces;
use super::constant;
use super::datatype::Base;
use super::elements;
use super::keys;
use super::operand::{HeaderOption, Kind, Operand, Operator, Payload, Relation, SetReference, Tracked};
use super::option;

const ANONYMOUS: u32 = 1;
const DYNAMIC: u32 = 32;

/// A text in the making, and how it is to be written.
pub struct Writer<'a> {
    pub out: String,
    pub interfaces: &'a Interfaces<'a>,
    /// Numbers instead of names, as within ranges.
    pub numeric: bool,
    /// Without counts, as within the statements of a set.
    pub stateless: bool,
}

impl<'a> Writer<'a> {
    pub fn new(interfaces: &'a Interfaces<'a>) -> Self {
        Self { out: String::new(), interfaces, numeric: false, stateless: false }
    }

    pub fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub fn format(&mut self, arguments: std::fmt::Arguments) {
        // Writing to a String can't fail.
        let _ = self.out.write_fmt(arguments);
    }

    pub fn operand(&mut self, operand: &Operand) {
        match &operand.kind {
            Kind::Bytes(data) => {
                self.text("0x");
                for byte in data {
                    self.format(format_args!("{byte:02x}"));
                }
            }
            Kind::Number(number) => constant::write(&mut self.out, *number, operand.datatype, self.numeric, self.interfaces),
            Kind::Flags(_) => self.flags(operand, " | "),
            Kind::Text(text) => self.format(format_args!("\"{text}\"")),
            Kind::Prefix(base, length) => {
                self.operand(base);
                self.format(format_args!("/{length}"));
            }
            Kind::Range(from, to) => self.range(from, to),
            Kind::Payload(payload) => self.payload(payload, operand.bits),
            Kind::Option(option) => self.option(option, operand.bits),
            Kind::Meta(key) => match keys::meta(*key) {
                Some(known) => self.text(known.token),
                None => self.format(format_args!("meta {key}")),
            },
            Kind::Ct(tracked) => self.tracked(tracked),
            Kind::Load(words) => self.text(words),
            Kind::Jhash(key, rest) => {
                self.text("jhash ");
                self.operand(key);
                self.text(rest);
            }
            Kind::Concat(parts) => self.list(parts, " . "),
            Kind::Binary(operator, left, right) => {
                self.argument(*operator, left);
                self.format(format_args!(" {} ", operator.sign()));
                self.argument(*operator, right);
            }
            Kind::Swapped(inner) => self.operand(inner),
            Kind::Compare(relation, left, right) => self.compare(*relation, left, right),
            Kind::FlagCompare { not, left, value, mask } => {
                self.operand(left);
                self.text(if *not { " != " } else { " " });
                self.flags(value, ",");
                self.text(" / ");
                self.flags(mask, ",");
            }
            Kind::Set(reference) => self.set_reference(reference),
            Kind::Map(key, reference) => {
                self.operand(key);
                self.text(if elements::is_verdict_map(reference.set) { " vmap " } else { " map " });
                self.set_reference(reference);
            }
        }
    }

    /// Flags from the lowest to the highest.
    pub fn flags(&mut self, operand: &Operand, separator: &str) {
        let Kind::Flags(number) = operand.kind else { return self.operand(operand) };
        let mut first = true;
        for bit in (0..128).filter(|bit| number.value >> bit & 1 == 1) {
            if !first {
                self.text(separator);
            }
            first = false;
            let flag = super::number::Number { value: 1 << bit, bits: number.bits };
            constant::write(&mut self.out, flag, operand.datatype, self.numeric, self.interfaces);
        }
    }

    pub fn list(&mut self, parts: &[Operand], separator: &str) {
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                self.text(separator);
            }
            self.operand(part);
        }
    }

    fn range(&mut self, from: &Operand, to: &Operand) {
        let outside = std::mem::replace(&mut self.numeric, true);
        self.operand(from);
        self.text("-");
        self.operand(to);
        self.numeric = outside;
    }

    /// An operand of an operation, in parentheses if it binds less tightly.
    fn argument(&mut self, operator: Operator, operand: &Operand) {
        let inner = match &operand.kind {
            Kind::Binary(inner, ..) => inner.precedence(),
            Kind::Flags(_) => Operator::Or.precedence(),
            _ => 0,
        };
        if operator.precedence() < inner {
            self.text("(");
            self.operand(operand);
            self.text(")");
        } else {
            self.operand(operand);
        }
    }

    fn compare(&mut self, relation: Relation, left: &Operand, right: &Operand) {
        self.operand(left);
        let bitmask = right.datatype.base == Base::Bitmask && matches!(right.kind, Kind::Number(_) | Kind::Bytes(_));
        let explicit = bitmask || matches!(left.kind, Kind::Binary(..));
        match relation {
            Relation::Equal if !explicit => self.text(" "),
            Relation::Implicit => self.text(" "),
            other => self.format(format_args!(" {} ", other.sign())),
        }
        if matches!(relation, Relation::Implicit | Relation::None) { self.flags(right, ",") } else { self.operand(right) }
    }

    fn payload(&mut self, payload: &Payload, bits: u32) {
        match payload.field {
            Some((protocol, field)) => self.format(format_args!("{} {}", protocol.name, field.name)),
            None => self.format(format_args!("@{},{},{bits}", payload.layer.token(), payload.offset)),
        }
    }

    fn option(&mut self, option: &HeaderOption, bits: u32) {
        let name = option.part.map(|(header, _)| header.name).or_else(|| option::headers(option.op, option.kind).first().map(|h| h.name));
        let part = option.part.map(|(_, part)| part.name);
        let (kind, offset) = (option.kind, option.offset);
        match (option.op, name, part) {
            (option::TCP, Some(name), _) if option.present => self.format(format_args!("tcp option {name}")),
            (option::TCP, Some(name), Some(part)) => {
                self.format(format_args!("tcp option {name}"));
                if offset / 64 > 0 {
                    self.format(format_args!("{}", offset / 64));
                }
                self.format(format_args!(" {part}"));
            }
            (option::TCP, ..) if option.present => self.format(format_args!("tcp option {kind}")),
            (option::TCP, ..) => self.format(format_args!("tcp option @{kind},{offset},{bits}")),
            (option::IPV4, Some(name), _) if option.present => self.format(format_args!("ip option {name}")),
            (option::IPV4, Some(name), part) => self.format(format_args!("ip option {name} {}", part.unwrap_or("unknown"))),
            (option::SCTP, Some(name), _) if option.present => self.format(format_args!("sctp chunk {name}")),
            (option::SCTP, Some(name), part) => self.format(format_args!("sctp chunk {name} {}", part.unwrap_or("unknown"))),
            (option::IPV6, Some(name), _) if option.present => self.format(format_args!("exthdr {name}")),
            (option::IPV6, Some(name), part) => self.format(format_args!("{name} {}", part.unwrap_or("unknown"))),
            (op, ..) => self.format(format_args!("exthdr {op} type {kind} @{offset},{bits}")),
        }
    }

    fn tracked(&mut self, tracked: &Tracked) {
        self.text("ct ");
        match tracked.direction {
            Some(0) => self.text("original "),
            Some(1) => self.text("reply "),
            _ => {}
        }
        if let (Some(protocol), Some(_)) = (tracked.network, tracked.direction) {
            self.format(format_args!("{} ", protocol.name));
        }
        match keys::ct(tracked.key) {
            Some(key) => self.text(key.token),
            None => self.format(format_args!("{}", tracked.key)),
        }
    }

    /// The name of a set, or the elements of an anonymous one.
    pub fn set_reference(&mut self, reference: &SetReference) {
        let Set { flags, name, .. } = reference.set;
        if flags & (ANONYMOUS | DYNAMIC) == ANONYMOUS | DYNAMIC {
            self.text(name);
        } else if flags & ANONYMOUS != 0 {
            elements::write(self, reference);
        } else {
            self.format(format_args!("@{name}"));
        }
    }

    pub fn verdict(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accept => self.text("accept"),
            Verdict::Drop => self.text("drop"),
            Verdict::Queue(_) => self.text("queue"),
            Verdict::Continue => self.text("continue"),
            Verdict::Break => self.text("break"),
            Verdict::Return => self.text("return"),
            Verdict::Jump(chain) => self.format(format_args!("jump {chain}")),
            Verdict::Goto(chain) => self.format(format_args!("goto {chain}")),
        }
    }
}

impl Operator {
    const fn sign(self) -> &'static str {
        match self {
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
        }
    }

    /// Lower binds more tightly.
    const fn precedence(self) -> u8 {
        match self {
            Self::ShiftLeft | Self::ShiftRight => 1,
            Self::And => 2,
            Self::Xor => 3,
            Self::Or => 4,
        }
    }
}

impl Relation {
    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Implicit => "",
            Self::None => "!",
        }
    }
}
