//! Comparisons.

use serde_json::Value;

use super::{
    Wrong,
    anonymous::Reference,
    field::word,
    only,
    reader::Reader,
    term::{Kind, Term, bytes},
    value::Span,
};
use crate::ruleset::nft::{
    Data, Expr,
    expr::{Cmp, CmpOp, Lookup, Range, Reg},
    language::{
        datatype::{Base, Order},
        number::ones,
    },
};

/// How both sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// `in`, or nothing: one of the flags is set; of what is no flags, equality.
    Implicit,
    /// `!`: none of the flags is set.
    NoneOf,
    Cmp(CmpOp),
}

impl Reader<'_, '_> {
    /// `match`.
    pub fn compare(&mut self, body: &Value) -> Result<(), Wrong> {
        let relation = match body.get("op").map_or(Ok("in"), |_| word(body, "op"))? {
            "in" => Relation::Implicit,
            "==" => Relation::Cmp(CmpOp::Eq),
            "!=" => Relation::Cmp(CmpOp::Neq),
            "<" => Relation::Cmp(CmpOp::Lt),
            "<=" => Relation::Cmp(CmpOp::Lte),
            ">" => Relation::Cmp(CmpOp::Gt),
            ">=" => Relation::Cmp(CmpOp::Gte),
            "!" => Relation::NoneOf,
            other => return Err(Wrong(format!("'{other}' is no comparison"))),
        };
        let right = body.get("right").ok_or_else(|| Wrong::from("a match has a right side"))?;
        let left = self.compared(body.get("left").ok_or_else(|| Wrong::from("a match has a left side"))?, right)?;
        if right.as_str().is_some_and(|name| name.starts_with('@')) || matches!(only(right), Some(("set", _))) {
            return self.look_up(relation, left, right);
        }
        let is_flags = left.datatype.base == Base::Bitmask && matches!(relation, Relation::Implicit | Relation::NoneOf);
        let width = left.bits;
        let (left, shift) = left.in_place();
        if let Kind::Concat(parts) = &left.kind {
            let right = self.concatenated(parts, right)?;
            return self.cmp(relation, &left, right);
        }
        // A field in the midst of bytes is compared where it lies, with its values shifted.
        let narrow = Term { bits: width, ..left.clone() };
        let whole = left.clone();
        let shifted = |term: Term| match term.kind {
            Kind::Number(value) => Term::number(value << shift, &whole),
            _ => term,
        };
        match self.span(right, &narrow)? {
            Span::One(term) if is_flags => self.flags(relation, left, shifted(term)),
            Span::One(term) => self.one(relation, left, shifted(term)),
            Span::Range(low, high) => self.range(relation, left, shifted(low), shifted(high)),
            Span::Prefix(base, length) => self.prefix(relation, left, shifted(base), length),
            Span::Beginning(name) => self.cmp(relation, &left, name),
        }
    }

    fn look_up(&mut self, relation: Relation, left: Term, right: &Value) -> Result<(), Wrong> {
        let invert = match relation {
            Relation::Implicit | Relation::Cmp(CmpOp::Eq) => false,
            Relation::Cmp(CmpOp::Neq) => true,
            _ => return Err("something is in a set or it is not".into()),
        };
        let compared = left.clone();
        let Reference { set, key, .. } = self.reference(right, left, None)?;
        let source = self.load(&key)?;
        self.exprs.push(Expr::Lookup(Lookup { set, source, dest: None, invert }));
        if !invert && let Some(("set", Value::Array(list))) = only(right) {
            self.learn_from_all(&compared, list);
        }
        Ok(())
    }

    /// Values that all tell the same.
    fn learn_from_all(&mut self, left: &Term, list: &[Value]) {
        const MOST: usize = 16;
        let mut told = None;
        for json in list.iter().take(MOST + 1) {
            let Ok(Span::One(Term { kind: Kind::Number(value), .. })) = self.span(json, left) else { return };
            let mut context = self.context.clone();
            context.learn(left, value);
            match &told {
                None => told = Some(context),
                Some(before) if before.tells_as(&context) => {}
                Some(_) => return,
            }
        }
        if let Some(context) = told.filter(|_| list.len() <= MOST) {
            self.context = context;
        }
    }

    fn concatenated(&self, parts: &[Term], right: &Value) -> Result<Data, Wrong> {
        let list = only(right).filter(|(name, _)| *name == "concat").and_then(|(_, list)| list.as_array());
        let list = list.filter(|list| list.len() == parts.len()).ok_or_else(|| Wrong::from("both sides have equally many parts"))?;
        let mut data = Data::new();
        for (json, part) in list.iter().zip(parts) {
            data.extend_from_slice(&self.constant(json, part)?.data().unwrap_or_default());
            data.resize(data.len().next_multiple_of(4), 0);
        }
        Ok(data)
    }

    /// `netlink_gen_flagcmp`.
    fn flags(&mut self, relation: Relation, left: Term, flags: Term) -> Result<(), Wrong> {
        let Kind::Number(mask) = flags.kind else { return Err("flags are numbers".into()) };
        let source = self.load(&left)?;
        if matches!(left.kind, Kind::Boolean(..) | Kind::Shift(..)) {
            self.push_cmp(source, CmpOp::Eq, flags.data().unwrap_or_default());
            return Ok(());
        }
        self.masked(source, left.bits, left.order, mask, 0);
        let op = if relation == Relation::NoneOf { CmpOp::Eq } else { CmpOp::Neq };
        self.push_cmp(source, op, bytes(0, left.bits, left.order));
        Ok(())
    }

    fn one(&mut self, relation: Relation, left: Term, right: Term) -> Result<(), Wrong> {
        let ordered = matches!(relation, Relation::Cmp(CmpOp::Lt | CmpOp::Lte | CmpOp::Gt | CmpOp::Gte));
        let value = match right.kind {
            Kind::Number(value) => Some(value),
            _ => None,
        };
        let compared = if ordered { left.clone().ordered(Order::Big) } else { left.clone() };
        let data = if ordered && value.is_some() { Term { order: Order::Big, ..right }.data() } else { right.data() };
        self.cmp(relation, &compared, data.unwrap_or_default())?;
        if let (Relation::Implicit | Relation::Cmp(CmpOp::Eq), Some(value)) = (relation, value) {
            self.context.learn(&left, value);
        }
        Ok(())
    }

    fn range(&mut self, relation: Relation, left: Term, low: Term, high: Term) -> Result<(), Wrong> {
        let end = |term: Term| Term { order: Order::Big, ..term }.data().unwrap_or_default();
        let (from, to) = (end(low), end(high));
        let source = self.load(&left.ordered(Order::Big))?;
        match relation {
            Relation::Implicit | Relation::Cmp(CmpOp::Eq) => {
                self.push_cmp(source, CmpOp::Gte, from);
                self.push_cmp(source, CmpOp::Lte, to);
            }
            Relation::Cmp(CmpOp::Neq) => self.exprs.push(Expr::Range(Range { source, invert: true, from, to })),
            _ => return Err("something is in a range or it is not".into()),
        }
        Ok(())
    }

    /// A prefix of whole bytes compares only these, another one is masked (`netlink_gen_relational`).
    fn prefix(&mut self, relation: Relation, left: Term, base: Term, length: u32) -> Result<(), Wrong> {
        let Kind::Number(value) = base.kind else { return Err("a prefix is of a number".into()) };
        let mask = ones(left.bits) & !ones(left.bits - length.min(left.bits));
        if left.order == Order::Big && length > 0 && length.is_multiple_of(8) {
            let mut data = bytes(value, left.bits, Order::Big);
            data.truncate((length / 8) as usize);
            let left = match left.kind {
                Kind::Payload(_) | Kind::Option(_) => Term { bits: length, ..left },
                _ => left,
            };
            return self.cmp(relation, &left, data);
        }
        let source = self.load(&left)?;
        self.masked(source, left.bits, left.order, mask, 0);
        self.push_cmp(source, op(relation)?, bytes(value, left.bits, left.order));
        Ok(())
    }

    fn cmp(&mut self, relation: Relation, left: &Term, data: Data) -> Result<(), Wrong> {
        let op = op(relation)?;
        let source = self.load(left)?;
        self.push_cmp(source, op, data);
        Ok(())
    }

    fn push_cmp(&mut self, source: Reg, op: CmpOp, data: Data) {
        self.exprs.push(Expr::Cmp(Cmp { source, op, data }));
    }
}

fn op(relation: Relation) -> Result<CmpOp, Wrong> {
    match relation {
        Relation::Implicit => Ok(CmpOp::Eq),
        Relation::Cmp(op) => Ok(op),
        Relation::NoneOf => Err("only flags are compared so".into()),
    }
}
