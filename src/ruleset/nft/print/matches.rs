//! Completes matches: which say what protocol follows, which cover several fields, which are flags, prefixes or ranges.

use crate::ruleset::nft::{Family, set::Elements};

use super::context::Context;
use super::datatype::{self as types, Base, Order};
use super::number::Number;
use super::operand::{Kind, Operand, Operator, Payload, Relation, SetReference, flags_or_number};
use super::protocol::{self, Layer};
use super::statement::Statement;
use super::{elements, fields, keys};

impl<'r> Context<'r> {
    /// Completes a match. None if it was written as several, which are already done.
    pub fn expression(&mut self, operand: Operand<'r>) -> Option<Operand<'r>> {
        let Kind::Compare(relation, left, right) = operand.kind else { return Some(self.operand(operand, false)) };
        let (left, mut right) = (*left, *right);
        if matches!(left.kind, Kind::Payload(_)) {
            return self.payload_match(relation, left, right);
        }
        let left = self.operand(left, false);
        if let (Kind::Concat(parts), Kind::Concat(constants)) = (&left.kind, &mut right.kind) {
            for (part, constant) in parts.iter().zip(constants) {
                constant.set_type(part.datatype, part.order);
            }
        }
        right.set_type(left.datatype, left.order);
        let right = self.operand(right, false);
        match &left.kind {
            Kind::Binary(..) => return self.masked_match(relation, left, right),
            Kind::Meta(key) => self.telling_match(keys::meta(*key).and_then(|key| key.tells), relation, &left, &right),
            Kind::Ct(tracked) => self.telling_match(keys::ct(tracked.key).and_then(|key| key.tells), relation, &left, &right),
            _ => {}
        }
        Some(compared(relation, left, right))
    }

    /// A match of a meta or ct key may tell the protocol above it.
    fn telling_match(&mut self, tells: Option<Layer>, relation: Relation, left: &Operand<'r>, right: &Operand<'r>) {
        if relation != Relation::Equal || matches!(right.kind, Kind::Range(..) | Kind::Set(_)) {
            return;
        }
        let layer = tells.unwrap_or(Layer::None);
        if tells.is_some() {
            self.learn(left, right);
        }
        if layer < Layer::Transport {
            if self.has_implied(layer) && self.implies_network(left, right) {
                self.drop_implied(layer);
            }
            if tells.is_some() {
                let position = self.done.len();
                self.remember(position, &compared(relation, left.clone(), right.clone()), layer);
            }
        }
    }

    /// Whether a match of the transport protocol makes the one of the network protocol superfluous: only ICMP belongs to one of them.
    fn implies_network(&self, left: &Operand, right: &Operand) -> bool {
        const META_NFPROTO: u32 = 15;
        const META_PROTOCOL: u32 = 1;
        const META_L4PROTO: u32 = 16;
        let Some((_, told_by, value)) = self.implied_sides(Layer::Network) else { return true };
        let value = value.as_number().map_or(0, |number| number.value);
        let by_ether_type = |value| match value {
            0x0800 => 2,
            0x86dd => 10,
            _ => 0,
        };
        let network = match &told_by.kind {
            Kind::Meta(META_NFPROTO) => value,
            Kind::Meta(META_PROTOCOL) => by_ether_type(value),
            Kind::Payload(payload) if payload.layer == Layer::Link && types::same(told_by.datatype, &types::ETHER_TYPE) => {
                by_ether_type(value)
            }
            _ => return true,
        };
        match self.family {
            Family::Inet | Family::Netdev | Family::Bridge => {}
            Family::Ip | Family::Ip6 => return u128::from(self.family.number()) == network,
            Family::Arp => return true,
        }
        let Kind::Meta(META_L4PROTO) = left.kind else { return true };
        match right.as_number().map(|number| number.value) {
            Some(1) => network != 10,
            Some(58) => network != 2,
            _ => false,
        }
    }

    fn payload_match(&mut self, relation: Relation, left: Operand<'r>, mut right: Operand<'r>) -> Option<Operand<'r>> {
        let Kind::Payload(mut payload) = left.kind else { return None };
        if matches!(relation, Relation::Equal | Relation::NotEqual) {
            if let Some(constant) = right.as_number() {
                fields::expand(self, relation, payload, left.bits, constant);
                self.previous = None;
                return None;
            }
            if let Kind::Set(reference) = &right.kind {
                self.icmp_type_of(&mut payload, left.bits, reference);
            }
        }
        let mut datatype = left.datatype;
        fields::complete(self, &mut payload, left.bits, &mut datatype);
        right.set_type(datatype, Order::Big);
        self.imply(&payload);
        let left = Operand::new(Kind::Payload(payload), datatype, Order::Big, left.bits);
        let right = self.operand(right, false);
        Some(compared(relation, left, right))
    }

    /// An anonymous set of ICMP types tells which fields follow.
    fn icmp_type_of(&mut self, payload: &mut Payload, bits: u32, reference: &SetReference) {
        const ANONYMOUS: u32 = 1;
        let Some(protocol) = self.protocol(Layer::Transport) else { return };
        let icmp = protocol.is(&protocol::ICMP) || protocol.is(&protocol::ICMP6);
        if payload.layer != Layer::Transport || payload.offset != 0 || bits != 8 || !icmp || self.icmp_type != 0 {
            return;
        }
        let Elements::Whole(list) = &reference.set.elements else { return };
        if reference.set.flags & ANONYMOUS != 0 && !elements::is_interval(reference.set) {
            let smallest = list.iter().filter_map(|element| element.key.first()).min();
            self.icmp_type = smallest.copied().unwrap_or(0);
            payload.field = protocol.fields.first().map(|field| (protocol, field));
        }
    }

    /// A match of masked bits: flags, a prefix, or a field that is no whole number of bytes.
    fn masked_match(&mut self, relation: Relation, left: Operand<'r>, right: Operand<'r>) -> Option<Operand<'r>> {
        let Kind::Binary(operator, inner, mask) = left.kind else { return Some(compared(relation, left, right)) };
        let (inner, mask) = (*inner, *mask);
        let equality = matches!(relation, Relation::Equal | Relation::NotEqual);
        let again = |inner: Operand<'r>, mask: Operand<'r>| {
            Operand::new(Kind::Binary(operator, Box::new(inner), Box::new(mask)), left.datatype, left.order, left.bits)
        };
        if operator == Operator::And && equality && right.datatype.base == Base::Bitmask && !matches!(right.kind, Kind::Set(_)) {
            let none = right.is_value() && right.as_number().is_some_and(|number| number.value == 0);
            if none {
                let relation = if relation == Relation::NotEqual { Relation::Implicit } else { Relation::None };
                return Some(compared(relation, inner, mask));
            }
            if mask.is_value() && right.is_value() && mask.as_number() == right.as_number() {
                return Some(compared(relation, again(inner, mask), right));
            }
            let kind = Kind::FlagCompare {
                not: relation == Relation::NotEqual,
                left: Box::new(inner),
                value: Box::new(right),
                mask: Box::new(mask),
            };
            return Some(Operand::untyped(kind));
        }
        if operator == Operator::And
            && inner.datatype.prefixes
            && right.is_value()
            && let Some(length) = mask.as_number().and_then(Number::prefix_length)
        {
            let (datatype, order) = (right.datatype, right.order);
            let prefix = Operand::new(Kind::Prefix(Box::new(right), length), datatype, order, left.bits);
            return Some(compared(relation, inner, prefix));
        }
        if operator == Operator::And
            && mask.is_value()
            && let Some((trimmed, shift)) = fields::trimmed(self, &inner, &mask)
        {
            let right = shifted(right, shift, trimmed.bits);
            if matches!(trimmed.kind, Kind::Payload(_)) {
                return self.payload_match(relation, trimmed, right);
            }
            let mut right = right;
            right.set_type(trimmed.datatype, trimmed.order);
            return Some(compared(relation, trimmed, right));
        }
        if operator == Operator::ShiftRight
            && let Kind::Binary(Operator::And, field, field_mask) = &inner.kind
            && let Some((trimmed, shift)) = fields::trimmed(self, field, field_mask)
            && mask.as_number().is_some_and(|by| by.value == u128::from(shift))
        {
            let trimmed = self.operand(trimmed, false);
            let mut right = right;
            right.set_type(trimmed.datatype, trimmed.order);
            return Some(compared(relation, trimmed, right));
        }
        Some(compared(relation, again(inner, mask), right))
    }

    /// Two comparisons in a row that bound the same kind of thing are written as one range.
    pub fn join_range(&mut self, operand: Operand<'r>) {
        if let (Some(position), Kind::Compare(relation, left, right)) = (self.previous, &operand.kind)
            && let Some(Some(Statement::Match(Operand { kind: Kind::Compare(before, low_left, low), .. }))) = self.done.get(position)
            && same_kind(left, low_left)
        {
            let joined = match (before, relation) {
                (Relation::GreaterOrEqual, Relation::LessOrEqual) => Some(Relation::Equal),
                (Relation::Less, Relation::Greater) => Some(Relation::NotEqual),
                _ => None,
            };
            if let Some(relation) = joined {
                let range = Operand::new(Kind::Range(low.clone(), right.clone()), right.datatype, right.order, right.bits);
                let joined = compared(relation, (**left).clone(), range);
                self.done[position] = None;
                self.previous = Some(self.done.len());
                self.done.push(Some(Statement::Match(joined)));
                return;
            }
        }
        self.previous = Some(self.done.len());
        self.done.push(Some(Statement::Match(operand)));
    }
}

fn compared<'r>(relation: Relation, left: Operand<'r>, right: Operand<'r>) -> Operand<'r> {
    Operand::untyped(Kind::Compare(relation, Box::new(left), Box::new(right)))
}

/// A constant or set without the bits below the field.
fn shifted<'r>(mut operand: Operand<'r>, by: u32, bits: u32) -> Operand<'r> {
    let datatype = operand.datatype;
    match &mut operand.kind {
        Kind::Number(number) | Kind::Flags(number) => {
            let number = Number { value: number.value.checked_shr(by).unwrap_or(0), bits };
            operand.kind = flags_or_number(number, datatype);
        }
        Kind::Range(from, to) => {
            **from = shifted((**from).clone(), by, bits);
            **to = shifted((**to).clone(), by, bits);
        }
        Kind::Set(reference) => reference.shift = by,
        _ => return operand,
    }
    operand.bits = bits;
    operand
}

fn same_kind(a: &Operand, b: &Operand) -> bool {
    std::mem::discriminant(&unswapped(a).kind) == std::mem::discriminant(&unswapped(b).kind)
}

fn unswapped<'o, 'r>(operand: &'o Operand<'r>) -> &'o Operand<'r> {
    if let Kind::Swapped(inner) = &operand.kind { inner } else { operand }
}
