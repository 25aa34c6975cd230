//! One rule: its expressions, in order, read by abstract interpretation of the registers, and the steps that result.

use crate::{
    lower::{
        context::Context,
        nft::{guards::Guards, registers::Registers, scope::Scope, value::Value},
    },
    model::{
        Bits, Field, Step, Test, Values,
        step::{ConditionId, ConditionKind, Load},
    },
    ruleset::nft::expr::{Expr, Reg},
};

/// Reads the expressions of rules, one rule at a time.
pub struct Reader<'c, 'a> {
    pub context: &'c mut Context<'a>,
    pub scope: &'c Scope<'a>,
    pub registers: Registers,
    pub guards: Guards,
    /// The transport protocol, where an earlier test of this rule fixed it.
    pub protocol: Option<u8>,
    steps: Vec<Step>,
    /// Nothing after this point can run.
    ended: bool,
}

impl<'c, 'a> Reader<'c, 'a> {
    pub fn new(context: &'c mut Context<'a>, scope: &'c Scope<'a>) -> Self {
        Self { context, scope, registers: Registers::default(), guards: Guards::default(), protocol: None, steps: Vec::new(), ended: false }
    }

    /// The steps of a rule.
    pub fn rule(&mut self, exprs: &[Expr]) -> Vec<Step> {
        self.registers.clear();
        self.guards = Guards::default();
        self.protocol = None;
        self.ended = false;
        for expr in exprs {
            self.expression(expr);
            if self.ended {
                break;
            }
        }
        self.flush();
        // The model keeps every rule's steps: no more room than they need.
        self.steps.drain(..).collect()
    }

    /// Reads one expression. To add one: its file here, and its line below.
    pub fn expression(&mut self, expr: &Expr) {
        match expr {
            Expr::Bitwise(bitwise) => self.bitwise(bitwise),
            Expr::Byteorder(byteorder) => self.byteorder(byteorder),
            Expr::Cmp(cmp) => self.cmp(cmp),
            Expr::Compat(compat) => self.compat(compat),
            Expr::Connlimit(connlimit) => self.connlimit(connlimit),
            Expr::Counter(_) => self.effect(Step::Count),
            Expr::Ct(ct) => self.ct(ct),
            // The copy goes its own way; the packet goes on (`nft_dup_ipv4_eval`).
            Expr::Dup(_) => {}
            Expr::Dynset(dynset) => self.dynset(dynset),
            Expr::Exthdr(exthdr) => self.exthdr(exthdr),
            Expr::Fib(fib) => self.fib(fib),
            Expr::Fwd(fwd) => self.fwd(fwd),
            Expr::Hash(hash) => self.hash(hash),
            Expr::Immediate(immediate) => self.immediate(immediate),
            Expr::Limit(limit) => self.limit(limit),
            // `nft_log_eval` never changes the verdict.
            Expr::Log(_) => {}
            Expr::Lookup(lookup) => self.lookup(lookup),
            Expr::Masq(masq) => self.masq(masq),
            Expr::Meta(meta) => self.meta(meta),
            Expr::Nat(nat) => self.nat(nat),
            Expr::Notrack => self.notrack(),
            Expr::Numgen(numgen) => self.numgen(numgen),
            Expr::Objref(objref) => self.objref(objref),
            Expr::Payload(payload) => self.payload(payload),
            Expr::Queue(queue) => self.queue(queue),
            Expr::Quota(quota) => self.quota(quota),
            Expr::Range(range) => self.range(range),
            Expr::Redir(redir) => self.redir(redir),
            Expr::Reject(reject) => self.reject(reject),
            Expr::Rt(rt) => self.rt(rt),
            Expr::Socket(socket) => self.socket(socket),
            Expr::Synproxy(_) => self.synproxy(),
            Expr::Tproxy(_) => self.tproxy(),
            Expr::Unknown { name, .. } => self.unknown(name),
        }
    }

    /// Goes on only if the test holds.
    pub fn test(&mut self, test: Test) {
        match test {
            Test::Always => {}
            Test::Never => {
                // What only tests before it does not matter: the rule never gets anywhere.
                if self.steps.iter().all(|step| matches!(step, Step::Test(_) | Step::Free { .. } | Step::Fib { .. } | Step::Load { .. })) {
                    self.steps.clear();
                }
                self.guards = Guards::default();
                self.steps.push(Step::Test(Test::Never));
                self.ended = true;
            }
            test => {
                self.steps.push(Step::Test(test));
                self.flush();
            }
        }
    }

    /// Goes on only if an undecided condition holds.
    pub fn undecided(&mut self, kind: ConditionKind, text: impl Into<String>) {
        let condition = self.context.condition(kind, text);
        self.effect(Step::Test(Test::Condition(condition)));
    }

    /// Does something. What the loads before it need must hold first.
    pub fn effect(&mut self, step: Step) {
        self.flush();
        if !self.ended {
            self.steps.push(step);
        }
    }

    /// Ends the rule.
    pub fn end(&mut self, step: Step) {
        self.effect(step);
        self.ended = true;
    }

    /// Writes a field.
    pub fn write(&mut self, field: Field, bits: Bits) {
        if bits.as_field(self.context.version) != Some(field) {
            self.effect(Step::Write { field, bits: Box::new(bits) });
            self.registers.forget(field);
        }
    }

    /// Loads a value, padded with zeros to whole words.
    pub fn load(&mut self, register: Reg, value: Value) {
        self.registers.store(register, value);
    }

    /// Loads bits.
    pub fn load_bits(&mut self, register: Reg, bits: Bits) {
        self.load(register, Value::Bits(bits));
    }

    /// Loads what is not known.
    pub fn load_unknown(&mut self, register: Reg, bytes: usize, kind: ConditionKind, text: impl Into<String>) {
        let condition = self.context.condition(kind, text);
        let bits = self.free(register, bytes, condition);
        self.load_bits(register, bits);
    }

    /// Loads what the simulation finds out, or it breaks off the rule.
    pub fn load_by(&mut self, register: Reg, bytes: usize, what: Load) {
        self.forget_words(register, bytes);
        self.steps.push(Step::Load { what: Box::new(what), register: register.0 / 4 });
        let bits = self.words(register, bytes);
        self.load_bits(register, bits);
    }

    /// Fresh contents of the words from a register on, of which the first `bytes` bytes are returned.
    pub fn free(&mut self, register: Reg, bytes: usize, condition: ConditionId) -> Bits {
        let (first, words) = (register.0 / 4, bytes.div_ceil(4) as u8);
        self.forget_words(register, bytes);
        self.steps.push(Step::Free { first, words, modulus: None, offset: 0, condition });
        self.words(register, bytes)
    }

    /// What the simulation has put into the words from a register on.
    pub fn words(&self, register: Reg, bytes: usize) -> Bits {
        let mut bits = Bits::default();
        for word in (register.0 / 4..).take(bytes.div_ceil(4)) {
            bits.append(&Bits::field(Field::Register(word), self.context.version));
        }
        bits.slice(0, 8 * bytes)
    }

    /// The simulation is about to fill words anew: what still depends on their old content no longer has a name.
    pub fn forget_words(&mut self, register: Reg, bytes: usize) {
        for word in 0..bytes.div_ceil(4) as u8 {
            self.registers.forget(Field::Register((register.0 / 4).saturating_add(word)));
        }
    }

    /// What a register holds. What is not known becomes fresh.
    pub fn read(&mut self, register: Reg, bytes: usize) -> Value {
        if let Some(value) = self.registers.read(register, bytes) {
            return value;
        }
        self.spell_out(register, bytes);
        if let Some(value) = self.registers.read(register, bytes) {
            return value;
        }
        let condition = self.context.condition(ConditionKind::Unknown, "a register whose content is not modelled");
        let bits = self.free(register, bytes, condition);
        self.registers.write(register, Value::Bits(bits.clone()));
        Value::Bits(bits)
    }

    /// What a register holds, as bits of fields.
    pub fn read_bits(&mut self, register: Reg, bytes: usize) -> Bits {
        if let Value::Bits(bits) = self.read(register, bytes) {
            return bits;
        }
        self.spell_out(register, bytes);
        match self.read(register, bytes) {
            Value::Bits(bits) => bits,
            Value::Derived(derived) => {
                let condition = self.context.condition(ConditionKind::Unknown, format!("{:?} as a number", derived.field));
                let bits = self.free(register, bytes, condition);
                self.registers.write(register, Value::Bits(bits.clone()));
                bits
            }
        }
    }

    /// Has the simulation load the numbers that follow from fields, so that their bits have names.
    fn spell_out(&mut self, register: Reg, bytes: usize) {
        for (at, derived) in self.registers.derived(register, bytes) {
            let (width, text) = (derived.width, format!("{:?} as a number", derived.field));
            let condition = self.context.condition(ConditionKind::Unknown, text);
            let what = match derived.rule {
                super::value::Rule::Minus(by) => Load::Less { field: derived.field, by: by as u16, condition },
                super::value::Rule::Table(rows) => {
                    let of_field = derived.field.width(self.context.version);
                    let case = |&(key, number): &(u32, u128)| {
                        (Test::is(derived.field, Values::one(of_field, key.into())), Some(Bits::constant(width, number)))
                    };
                    Load::Cases { cases: rows.iter().map(case).chain([(Test::Always, None)]).collect(), condition }
                }
            };
            self.forget_words(at, usize::from(width) / 8);
            self.steps.push(Step::Load { what: Box::new(what), register: at.0 / 4 });
            let bits = self.words(at, usize::from(width) / 8);
            self.registers.write(at, Value::Bits(bits));
        }
    }

    /// Tests what the loads so far need.
    fn flush(&mut self) {
        if !self.ended && self.guards.pending() {
            for test in self.guards.take(self.context) {
                self.test(test);
            }
        }
    }
}
