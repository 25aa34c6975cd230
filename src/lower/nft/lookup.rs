//! `lookup`: a key in a set, or what a map leads to (`nft_lookup_eval`); `dynset` and `objref`, which also have keys.

use super::{
    elements::places,
    rule::Reader,
    sets::{self, Shape},
    value::Value,
};
use crate::{
    model::{Bits, Field, SetId, Step, Test, step::ConditionKind},
    ruleset::nft::{
        Set,
        expr::{Dynset, DynsetOp, Lookup, Objref, Reg},
        set::Elements,
    },
};

/// A key: one string of bits for each field of the set.
type Key = Box<[Bits]>;

impl Reader<'_, '_> {
    pub(super) fn lookup(&mut self, lookup: &Lookup) {
        let Some((at, set)) = self.scope.set(&lookup.set) else {
            return self.opaque(format!("lookup in set {}, which was not collected", lookup.set));
        };
        match lookup.dest {
            None => {
                let test = self.membership(at, set, lookup.source);
                self.test(if lookup.invert { test.negate() } else { test });
            }
            Some(dest) => self.map(at, set, lookup.source, dest),
        }
        if !lookup.invert && sets::is_limited(set) {
            self.undecided(ConditionKind::Rate, format!("a limit of an element of set {}", set.name));
            self.context.by_sender();
        }
    }

    /// The key is in the set.
    fn membership(&mut self, at: usize, set: &Set, source: Reg) -> Test {
        let version = self.context.version;
        let fields = places(set);
        let whole = matches!(set.elements, Elements::Whole(_)) && !self.scope.learns(set);
        if let (true, [(_, bytes)]) = (whole, fields.as_slice()) {
            let test = match self.read(source, *bytes) {
                Value::Bits(bits) => self.context.sets.test(self.scope, at, set, bits, version),
                Value::Derived(derived) => {
                    let keys = sets::keys(set, sets::elements(set));
                    keys.ranges(usize::MAX).map(|ranges| Test::is(derived.field, derived.preimage(&ranges, version)))
                }
            };
            if let Some(test) = test {
                return test;
            }
        }
        let (key, set) = self.key(at, set, source);
        Test::Holds { key, set }
    }

    /// Takes what the element of the key leads to.
    fn map(&mut self, at: usize, set: &Set, source: Reg, dest: Option<Reg>) {
        let (key, map) = self.key(at, set, source);
        self.effect(Step::Look { key, map, register: dest.map(|dest| dest.0 / 4) });
        if let Some(dest) = dest {
            let mut bits = Bits::default();
            for word in 0..set.data_len.div_ceil(4) {
                bits.append(&Bits::field(Field::Register(dest.0 / 4 + word as u8), self.context.version));
            }
            self.forget_words(dest, set.data_len as usize);
            self.load_bits(dest, bits.slice(0, 8 * set.data_len as usize));
        }
    }

    /// The fields of a key in registers, and the set in the shape that fits them.
    fn key(&mut self, at: usize, set: &Set, source: Reg) -> (Key, SetId) {
        let version = self.context.version;
        let (mut key, mut shape) = (Vec::new(), Shape::new());
        let asked = matches!(set.elements, Elements::AskedByKey { .. }) || self.scope.learns(set);
        for (offset, bytes) in places(set) {
            let register = Reg(source.0.saturating_add(offset as u8));
            match self.read(register, bytes) {
                Value::Derived(derived) if !asked => {
                    key.push(Bits::field(derived.field, version));
                    shape.push(Some(derived));
                }
                _ => {
                    key.push(self.read_bits(register, bytes));
                    shape.push(None);
                }
            }
        }
        (key.into(), self.context.sets.id(self.scope, at, set, shape, version))
    }

    /// `nft_dynset_eval`: the expressions of the element may break off the rule.
    pub(super) fn dynset(&mut self, dynset: &Dynset) {
        let Some((at, set)) = self.scope.set(&dynset.set) else {
            return self.opaque(format!("change of set {}, which was not collected", dynset.set));
        };
        let timeout = if dynset.timeout == 0 { set.timeout.unwrap_or(0) } else { dynset.timeout };
        let brief = (1..60_000).contains(&timeout);
        let (key, set) = self.key(at, set, dynset.key);
        let by_sender = key.iter().flat_map(Bits::fields).any(|field| field == Field::Source);
        self.effect(Step::Learn {
            key,
            set,
            delete: dynset.op == DynsetOp::Delete,
            brief,
            inverted: dynset.invert,
            when: Box::new(Test::Always),
        });
        for expr in &dynset.exprs {
            // A counter of an element is not the rule's.
            if !matches!(expr, crate::ruleset::nft::Expr::Counter(_)) {
                self.expression(expr);
            }
            if by_sender && matches!(expr, crate::ruleset::nft::Expr::Limit(_) | crate::ruleset::nft::Expr::Connlimit(_)) {
                self.context.by_sender();
            }
        }
    }

    /// `nft_objref_eval`, `nft_objref_map_eval`: named counters, helpers and timeouts decide nothing.
    pub(super) fn objref(&mut self, objref: &Objref) {
        let mut kind = objref.kind;
        if let (Some(name), Some(source)) = (&objref.set, objref.source) {
            let Some((at, set)) = self.scope.set(name) else {
                return self.opaque(format!("objects of map {name}, which was not collected"));
            };
            kind = set.object_type;
            let test = self.membership(at, set, source);
            self.test(test);
        } else if let Some(object) = self.scope.table.objects.iter().find(|object| Some(&object.name) == objref.name.as_ref()) {
            return self.object(object.kind, Some(&object.body));
        }
        self.object(kind.unwrap_or_default(), None);
    }

    fn object(&mut self, kind: u32, body: Option<&crate::ruleset::nft::Expr>) {
        match (kind, body) {
            (1 | 3 | 7 | 8 | 9, _) => {}
            (2 | 4 | 5, Some(body)) => self.expression(body),
            (2, None) => self.undecided(ConditionKind::Quota, "a quota of a map"),
            (4, None) => self.undecided(ConditionKind::Rate, "a limit of a map"),
            (5, None) => self.undecided(ConditionKind::Connections, "a ct count of a map"),
            (10, _) => self.synproxy(),
            (other, _) => self.opaque(format!("object of kind {other}")),
        }
    }
}
