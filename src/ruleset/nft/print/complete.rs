//! Fills in what the registers did not tell: the protocol that a payload belongs to and so its field's name, and the types of constants.

use crate::ruleset::nft::{Family, Rule, Table};

use super::context::Context;
use super::datatype::{self as types, Order};
use super::fields;
use super::operand::{Kind, Operand, Operator, SetReference};
use super::protocol::{self, Layer};
use super::registers::Registers;
use super::statement::{Reject, Statement};

/// The statements of a rule, as they are written.
pub fn statements<'r>(table: &'r Table, rule: &'r Rule) -> Vec<Statement<'r>> {
    let mut context = Context::new(table.family);
    for statement in Registers::read(table, &rule.exprs) {
        if let Statement::Match(operand) = statement {
            if let Some(operand) = context.expression(operand) {
                context.join_range(operand);
            }
            continue;
        }
        if let Some(statement) = context.statement(statement) {
            context.done.push(Some(statement));
        }
        context.forget_implied();
    }
    context.done.into_iter().flatten().collect()
}

impl<'r> Context<'r> {
    fn statement(&mut self, statement: Statement<'r>) -> Option<Statement<'r>> {
        Some(match statement {
            Statement::SetPayload(field, value) => {
                let field = self.operand(field, false);
                let (field, value) = fields::written(self, field, value);
                Statement::SetPayload(field, self.operand(value, false))
            }
            Statement::SetOption(field, value) => Statement::SetOption(field, value.settled()),
            Statement::SetMeta(key, value) => Statement::SetMeta(key, self.operand(value, false)),
            Statement::SetCt(tracked, value) => Statement::SetCt(tracked, self.operand(value, false)),
            Statement::Nat(mut nat) => {
                nat.address = nat.address.map(|address| self.operand(address, false));
                if nat.ports.is_some() {
                    self.forget_implied();
                }
                nat.ports = nat.ports.map(|ports| self.operand(ports, false));
                Statement::Nat(nat)
            }
            Statement::Tproxy { family, address, port } => {
                let address = address.map(|address| self.operand(address, false));
                if port.is_some() {
                    self.forget_implied();
                }
                Statement::Tproxy { family, address, port: port.map(|port| self.operand(port, false)) }
            }
            Statement::Reject(reject) => Statement::Reject(self.reject(reject)),
            Statement::Update(mut update) => {
                update.key = self.operand(update.key, true);
                update.data = update.data.map(|data| self.operand(data, false));
                Statement::Update(update)
            }
            Statement::Dup { to, device } => {
                Statement::Dup { to: to.map(|to| self.operand(to, false)), device: device.map(|device| self.operand(device, false)) }
            }
            Statement::Forward { device, address } => Statement::Forward {
                device: self.operand(device, false),
                address: address.map(|(family, address)| (family, self.operand(address, false))),
            },
            Statement::Queue { to, flags } => Statement::Queue { to: self.operand(to, false), flags },
            Statement::Object { kind, name } => Statement::Object { kind, name: self.operand(name, false) },
            other => other,
        })
    }

    fn reject(&mut self, mut reject: Reject) -> Reject {
        const TCP_RESET: u32 = 1;
        const ICMPX: u32 = 2;
        let v4 = Some(("icmp", &types::ICMP_CODE, 3));
        let v6 = Some(("icmpv6", &types::ICMP6_CODE, 4));
        match self.family {
            Family::Ip | Family::Ip6 => {
                reject.family = if self.family == Family::Ip { v4 } else { v6 };
                if reject.kind == TCP_RESET {
                    self.drop_implied(Layer::Transport);
                }
            }
            Family::Inet | Family::Bridge | Family::Netdev if reject.kind != ICMPX => {
                reject.verbose = true;
                reject.family = match self.protocol(Layer::Network) {
                    Some(p) if p.is(&protocol::IP) => v4,
                    Some(p) if p.is(&protocol::IP6) => v6,
                    _ => None,
                };
                self.drop_implied(Layer::Network);
            }
            _ => {}
        }
        reject
    }

    /// Completes an operand. `in_key`: it is a key or part of one, so that masks are resolved at once.
    pub fn operand(&mut self, mut operand: Operand<'r>, in_key: bool) -> Operand<'r> {
        match operand.kind {
            Kind::Bytes(_) => return operand.settled(),
            Kind::Payload(mut payload) => {
                let mut datatype = operand.datatype;
                fields::complete(self, &mut payload, operand.bits, &mut datatype);
                self.imply(&payload);
                operand.datatype = datatype;
                operand.kind = Kind::Payload(payload);
            }
            Kind::Option(option) => {
                self.imply_option(option.op);
                operand.kind = Kind::Option(option);
            }
            Kind::Ct(mut tracked) => {
                self.conntrack_type(&mut operand.datatype, &mut operand.bits, &mut tracked);
                operand.kind = Kind::Ct(tracked);
            }
            Kind::Prefix(base, length) => operand.kind = Kind::Prefix(Box::new(self.operand(*base, in_key)), length),
            Kind::Range(from, to) => {
                operand.kind = Kind::Range(Box::new(self.operand(*from, in_key)), Box::new(self.operand(*to, in_key)));
            }
            Kind::Concat(parts) => operand.kind = Kind::Concat(parts.into_iter().map(|part| self.operand(part, true)).collect()),
            Kind::Swapped(inner) => {
                let inner = self.operand(*inner, in_key);
                operand.datatype = inner.datatype;
                operand.order = Order::Unknown;
                operand.kind = Kind::Swapped(Box::new(inner));
            }
            Kind::Jhash(key, rest) => operand.kind = Kind::Jhash(Box::new(self.operand(*key, true)), rest),
            Kind::Binary(operator, left, right) => return self.binary(operator, *left, *right, operand.bits, in_key),
            Kind::Map(key, reference) => {
                let (key, shift) = self.map_key(*key);
                operand.kind = Kind::Map(Box::new(key), SetReference { shift, ..reference });
            }
            _ => {}
        }
        operand
    }

    fn binary(&mut self, operator: Operator, left: Operand<'r>, mut right: Operand<'r>, bits: u32, in_key: bool) -> Operand<'r> {
        let left = self.operand(left, in_key);
        if !matches!(operator, Operator::ShiftLeft | Operator::ShiftRight) {
            right.set_type(left.datatype, left.order);
        }
        if operator == Operator::And
            && in_key
            && matches!(left.kind, Kind::Payload(_) | Kind::Option(_))
            && let Some((mut trimmed, _)) = fields::trimmed(self, &left, &right)
        {
            if let Kind::Payload(payload) = &mut trimmed.kind {
                fields::complete(self, payload, trimmed.bits, &mut trimmed.datatype);
                let payload = *payload;
                self.imply(&payload);
            }
            return trimmed;
        }
        let right = self.operand(right, in_key);
        let (datatype, order) = (left.datatype, left.order);
        Operand::new(Kind::Binary(operator, Box::new(left), Box::new(right)), datatype, order, bits)
    }

    /// The key of a map, and the shift of the map's keys if the key is a part of its bytes.
    fn map_key(&mut self, key: Operand<'r>) -> (Operand<'r>, u32) {
        if let Kind::Binary(Operator::And, left, mask) = &key.kind
            && let Some((trimmed, shift)) = fields::trimmed(self, left, mask)
        {
            return (self.operand(trimmed, true), shift);
        }
        (self.operand(key, false), 0)
    }

    fn imply_option(&mut self, op: u32) {
        let layer = match op {
            super::option::TCP | super::option::SCTP => Layer::Transport,
            super::option::IPV4 | super::option::IPV6 => Layer::Network,
            _ => return,
        };
        self.drop_implied(layer);
    }

    fn conntrack_type(&self, datatype: &mut types::Datatype, bits: &mut u32, tracked: &mut super::operand::Tracked) {
        match tracked.key {
            8 | 9 => match self.protocol(Layer::Network) {
                Some(p) if p.is(&protocol::IP) => (*datatype, *bits, tracked.network) = (&types::IPV4_ADDR, 32, Some(&protocol::IP)),
                Some(p) if p.is(&protocol::IP6) => (*datatype, *bits, tracked.network) = (&types::IPV6_ADDR, 128, Some(&protocol::IP6)),
                _ => {}
            },
            11 | 12 if self.protocol(Layer::Transport).is_some() => *datatype = &types::INET_SERVICE,
            _ => {}
        }
    }
}
