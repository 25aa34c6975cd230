//! Follows the expressions of a rule through the registers and collects the statements that they make.
//!
//! What an expression loads stays in its register as an [`Operand`]; a later one that reads the register makes a statement of it.
//! Types and protocols are filled in afterwards, by [`super::complete`].

use crate::ruleset::nft::{
    Chain, Expr, Set, Table,
    expr::{Cmp, CmpOp, Immediate, ImmediateValue, Lookup, Reg, Verdict},
};

use super::datatype::{self as types, Base, Order};
use super::keys;
use super::loads::raw_payload;
use super::operand::{Kind, Operand, Relation, SetReference, Tracked};
use super::statement::Statement;

const BINDING: u32 = 4;

/// The registers, and what was made of the rule so far.
pub struct Registers<'r> {
    pub table: &'r Table,
    slots: [Option<Operand<'r>>; 16],
    pub statements: Vec<Statement<'r>>,
}

/// Bits rounded up to whole registers of 32.
const fn padded(bits: u32) -> u32 {
    bits.div_ceil(32) * 32
}

impl<'r> Registers<'r> {
    /// Reads a rule's expressions.
    pub fn read(table: &'r Table, exprs: &'r [Expr]) -> Vec<Statement<'r>> {
        let mut registers = Self { table, slots: [const { None }; 16], statements: Vec::new() };
        for expr in exprs {
            if registers.expression(expr).is_none() {
                registers.statements.push(Statement::Text(format!("[{expr:?}]")));
            }
        }
        registers.statements
    }

    pub fn set(&self, name: &str) -> Option<&'r Set> {
        self.table.sets.iter().find(|set| set.name == name)
    }

    /// Leaves an operand in a register.
    pub fn keep(&mut self, register: Reg, operand: Operand<'r>) -> Option<()> {
        // Registers that are combined with themselves again and again would grow without bound.
        const HEAVIEST: usize = 200;
        let slot = self.slots.get_mut(usize::from(register.0 / 4))?;
        *slot = (operand.weight() <= HEAVIEST).then_some(operand);
        slot.as_ref()?;
        Some(())
    }

    /// What a register holds.
    pub fn load(&self, register: Reg) -> Option<Operand<'r>> {
        self.slots.get(usize::from(register.0 / 4))?.clone()
    }

    /// What a register holds; if that is narrower than `bits`, it and its neighbours as a concatenation.
    pub fn load_wide(&self, register: Reg, bits: u32) -> Option<Operand<'r>> {
        let first = self.load(register)?;
        if first.bits >= bits { Some(first) } else { self.concatenation(register, bits) }
    }

    fn concatenation(&self, register: Reg, bits: u32) -> Option<Operand<'r>> {
        let (mut slot, mut left, mut parts) = (usize::from(register.0 / 4), bits, Vec::new());
        while left > 0 {
            let part = self.slots.get(slot)?.clone()?;
            let used = padded(part.bits);
            if used == 0 {
                return None;
            }
            left = left.saturating_sub(used);
            slot += (used / 32) as usize;
            parts.push(part);
        }
        Some(Operand::new(Kind::Concat(parts), &types::INVALID, Order::Unknown, bits))
    }

    /// Adds a statement.
    pub fn add(&mut self, statement: Statement<'r>) -> Option<()> {
        self.statements.push(statement);
        Some(())
    }

    fn expression(&mut self, expr: &'r Expr) -> Option<()> {
        match expr {
            Expr::Immediate(immediate) => self.immediate(immediate),
            Expr::Cmp(cmp) => self.compare(cmp),
            Expr::Range(range) => {
                let left = self.load(range.source)?;
                let ends = Kind::Range(Box::new(Operand::bytes(&range.from)), Box::new(Operand::bytes(&range.to)));
                let relation = if range.invert { Relation::NotEqual } else { Relation::Equal };
                self.relation(relation, left, Operand::untyped(ends))
            }
            Expr::Lookup(lookup) => self.lookup(lookup),
            Expr::Bitwise(bitwise) => self.bitwise(bitwise),
            Expr::Byteorder(byteorder) => {
                let inner = self.load(byteorder.source)?;
                let bits = inner.bits;
                self.keep(byteorder.dest, Operand::new(Kind::Swapped(Box::new(inner)), &types::INVALID, Order::Unknown, bits))
            }
            Expr::Payload(payload) => {
                let field = raw_payload(payload.base, payload.offset, payload.len)?;
                match (payload.dest, payload.source) {
                    (Some(register), _) => self.keep(register, field),
                    (None, source) => {
                        let value = self.load(source?)?;
                        self.add(Statement::SetPayload(field, value))
                    }
                }
            }
            Expr::Exthdr(exthdr) => self.exthdr(exthdr),
            Expr::Meta(meta) => match (meta.dest, meta.source) {
                (Some(register), _) => {
                    let (datatype, order, bits) =
                        keys::meta(meta.key).map_or((&types::INTEGER, Order::Host, 32), |key| (key.datatype, key.order, key.bits));
                    self.keep(register, Operand::new(Kind::Meta(meta.key), datatype, order, bits))
                }
                (None, source) => {
                    let mut value = self.load(source?)?;
                    let (datatype, order) = keys::meta(meta.key).map_or((&types::INTEGER, Order::Host), |key| (key.datatype, key.order));
                    value.set_type(datatype, order);
                    self.add(Statement::SetMeta(meta.key, value))
                }
            },
            Expr::Ct(ct) => {
                let tracked = Tracked { key: ct.key, direction: ct.direction, network: None };
                let (datatype, order, bits) =
                    keys::ct(ct.key).map_or((&types::INTEGER, Order::Host, 32), |key| (key.datatype, key.order, key.bits));
                if let Some(register) = ct.dest {
                    self.keep(register, Operand::new(Kind::Ct(tracked), datatype, order, bits))
                } else {
                    let mut value = self.load(ct.source?)?;
                    value.set_type(datatype, order);
                    self.add(Statement::SetCt(tracked, value))
                }
            }
            Expr::Rt(_) | Expr::Socket(_) | Expr::Fib(_) | Expr::Numgen(_) | Expr::Hash(_) => self.other_load(expr),
            Expr::Counter(_)
            | Expr::Limit(_)
            | Expr::Quota(_)
            | Expr::Connlimit(_)
            | Expr::Log(_)
            | Expr::Notrack
            | Expr::Synproxy(_)
            | Expr::Compat(_) => self.add(Statement::Plain(expr)),
            Expr::Unknown { name, attributes } => self.unknown(expr, name, attributes),
            other => self.action(other),
        }
    }

    fn immediate(&mut self, immediate: &'r Immediate) -> Option<()> {
        match (&immediate.value, immediate.dest) {
            (ImmediateValue::Data(data), Some(register)) => self.keep(register, Operand::bytes(data)),
            (ImmediateValue::Data(_), None) => None,
            (ImmediateValue::Verdict(verdict), _) => {
                let (word, target) = match verdict {
                    Verdict::Jump(chain) => ("jump", Some(chain)),
                    Verdict::Goto(chain) => ("goto", Some(chain)),
                    _ => ("", None),
                };
                let bound = |chain: &&'r Chain| chain.flags & BINDING != 0 && target.is_some_and(|name| **name == *chain.name);
                match self.table.chains.iter().find(bound) {
                    Some(chain) => self.add(Statement::Block(word, chain)),
                    None => self.add(Statement::Verdict(verdict)),
                }
            }
        }
    }

    fn relation(&mut self, relation: Relation, left: Operand<'r>, right: Operand<'r>) -> Option<()> {
        self.add(Statement::Match(Operand::untyped(Kind::Compare(relation, Box::new(left), Box::new(right)))))
    }

    fn compare(&mut self, cmp: &Cmp) -> Option<()> {
        let relation = match cmp.op {
            CmpOp::Eq => Relation::Equal,
            CmpOp::Neq => Relation::NotEqual,
            CmpOp::Lt => Relation::Less,
            CmpOp::Lte => Relation::LessOrEqual,
            CmpOp::Gt => Relation::Greater,
            CmpOp::Gte => Relation::GreaterOrEqual,
        };
        let left = self.load(cmp.source)?;
        let mut right = Operand::bytes(&cmp.data);
        let length = right.bits;
        if left.bits > length && left.datatype.base != Base::Text {
            // Fewer bytes than were loaded: the beginning, so a prefix.
            let mut data = cmp.data.clone();
            data.resize((left.bits / 8) as usize, 0);
            right = Operand::untyped(Kind::Prefix(Box::new(Operand::bytes(&data)), length));
        } else if left.bits > 0 && left.bits < length {
            let left = self.concatenation(cmp.source, length)?;
            let Kind::Concat(parts) = &left.kind else { return None };
            let mut at = 0;
            let mut constants = Vec::new();
            for part in parts {
                let bytes = (part.bits / 8) as usize;
                constants.push(Operand::bytes(cmp.data.get(at..at + bytes)?));
                at += (padded(part.bits) / 8) as usize;
            }
            return self.relation(relation, left, Operand::untyped(Kind::Concat(constants)));
        }
        self.relation(relation, left, right)
    }

    fn lookup(&mut self, lookup: &Lookup) -> Option<()> {
        let set = self.set(&lookup.set)?;
        let key = self.load_wide(lookup.source, set.key_len.saturating_mul(8))?;
        let reference = SetReference { set, shift: 0 };
        match lookup.dest {
            Some(register) => {
                let map = Operand::untyped(Kind::Map(Box::new(key), reference));
                match register {
                    Some(register) => self.keep(register, map),
                    None => self.add(Statement::Match(map)),
                }
            }
            None => {
                let relation = if lookup.invert { Relation::NotEqual } else { Relation::Equal };
                self.relation(relation, key, Operand::untyped(Kind::Set(reference)))
            }
        }
    }
}
