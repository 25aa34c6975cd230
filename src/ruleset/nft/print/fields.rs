//! Finds the header fields that a payload's bytes are.

use super::context::Context;
use super::datatype::{self as types, Datatype, Order};
use super::number::{Number, ones};
use super::operand::{Kind, Operand, Operator, Payload, Relation, flags_or_number};
use super::option;
use super::protocol::{self, Layer, Protocol};
use super::statement::Statement;

/// Gives a payload the name and type of the field at its place, if the protocol is known.
pub fn complete(context: &Context, payload: &mut Payload, bits: u32, datatype: &mut Datatype) {
    let Some((protocol, start)) = context.at(payload.layer, payload.offset) else { return };
    let offset = payload.offset - start;
    if let Some(field) = protocol.fields.iter().find(|field| field.offset == offset && field.bits == bits && context.has_field(field)) {
        payload.field = Some((protocol, field));
        *datatype = field.datatype;
    }
}

/// Compares bytes that may cover several fields with a constant: one match for each field.
pub fn expand(context: &mut Context, relation: Relation, payload: Payload, bits: u32, constant: Number) {
    let mut rest = constant;
    let mut layer = payload.layer;
    for (part, width, datatype, full) in split(context, payload, bits) {
        let number = rest.leading(width);
        rest = rest.without_leading(width);
        let left = Operand::new(Kind::Payload(part), datatype, Order::Big, width);
        let right = if full > width {
            let value = number.value.checked_shl(full - width).unwrap_or(0);
            Operand::untyped(Kind::Prefix(Box::new(Operand::number(value, full, datatype)), width))
        } else {
            Operand::number(number.value, width, datatype)
        };
        let stacked = relation == Relation::Equal && stacks(context, &part, number);
        if relation == Relation::Equal {
            context.learn(&left, &right);
        }
        let position = context.done.len();
        let compared = Operand::untyped(Kind::Compare(relation, Box::new(left), Box::new(right)));
        context.done.push(Some(Statement::Match(compared.clone())));
        if stacked {
            layer = Layer::None;
        }
        context.imply(&part);
        if relation == Relation::Equal && part.tells {
            context.remember(position, &compared, layer);
        }
    }
}

/// True if this value says that another header of the same layer follows.
fn stacks(context: &Context, payload: &Payload, number: Number) -> bool {
    payload.tells
        && context
            .protocol(payload.layer)
            .is_some_and(|protocol| protocol.upper(number.value).is_some_and(|upper| upper.layer == protocol.layer))
}

/// The fields that these bytes cover: payload, width, type and width of the whole field.
fn split(context: &Context, payload: Payload, bits: u32) -> Vec<(Payload, u32, Datatype, u32)> {
    let mut found = Vec::new();
    let (mut offset, mut left) = (payload.offset, bits);
    if let Some((protocol, start)) = context.at(payload.layer, offset).filter(|(protocol, _)| !protocol.is(&protocol::UNKNOWN)) {
        for (position, field) in protocol.fields.iter().enumerate() {
            if left == 0 || field.offset != offset - start || !context.has_field(field) {
                continue;
            }
            let width = field.bits.min(left);
            let part = Payload { layer: payload.layer, offset, field: Some((protocol, field)), tells: tells(protocol, position) };
            found.push((part, width, field.datatype, field.bits));
            offset += width;
            left -= width;
        }
    }
    if left > 0 {
        let (field, datatype) = port(payload.layer, offset, left);
        found.push((Payload { layer: payload.layer, offset, field, tells: false }, left, datatype, left));
    }
    found
}

fn tells(protocol: &'static Protocol, position: usize) -> bool {
    protocol.key == Some(position)
}

fn port(layer: Layer, offset: u32, bits: u32) -> (Option<(&'static Protocol, &'static protocol::Field)>, Datatype) {
    let port = protocol::TH.fields.iter().find(|field| layer == Layer::Transport && field.offset == offset && field.bits == bits);
    match port {
        Some(field) => (Some((&protocol::TH, field)), field.datatype),
        None => (None, &types::HEX_INTEGER),
    }
}

/// If masked bytes are a known field that is no whole number of bytes: that field, and how many bits lie below it.
pub fn trimmed<'r>(context: &Context, operand: &Operand<'r>, mask: &Operand) -> Option<(Operand<'r>, u32)> {
    let mask = mask.as_number()?;
    if mask.value == 0 {
        return None;
    }
    let shift = mask.value.trailing_zeros();
    let top = shift + (!(mask.value >> shift)).trailing_zeros();
    let into = (mask.bits.div_ceil(8) * 8).checked_sub(top)?;
    let width = top - shift;
    match &operand.kind {
        Kind::Payload(payload) => {
            let (protocol, start) = context.at(payload.layer, payload.offset)?;
            let offset = payload.offset - start + into;
            // The mask may span several fields, which are then written one by one.
            let mut end = offset;
            for field in protocol.fields {
                if field.offset == end && end < offset + width {
                    end += field.bits;
                }
            }
            if end != offset + width || width >= operand.bits {
                return None;
            }
            let payload = Payload { offset: payload.offset + into, field: None, ..*payload };
            Some((Operand::new(Kind::Payload(payload), &types::HEX_INTEGER, Order::Big, width), shift))
        }
        Kind::Option(field) if field.part.is_none() => {
            let offset = field.offset + into;
            let part = option::find(field.op, field.kind, offset, width)?;
            let field = super::operand::HeaderOption { offset, part: Some(part), ..*field };
            Some((Operand::new(Kind::Option(field), part.1.datatype, Order::Big, width), shift))
        }
        _ => None,
    }
}

/// The field and value of a payload statement. A field that is no whole number of bytes is written as
/// `(bytes & ~field) | value`, or without the half that does nothing.
pub fn written<'r>(context: &mut Context<'r>, field: Operand<'r>, mut value: Operand<'r>) -> (Operand<'r>, Operand<'r>) {
    let (datatype, order) = (field.datatype, field.order);
    if let Kind::Payload(Payload { field: None, .. }) = field.kind
        && let Some((found, value)) = part_written(context, &field, &value)
    {
        if let Kind::Payload(payload) = &found.kind {
            context.imply(payload);
        }
        return (found, value);
    }
    if let Kind::Concat(_) = value.kind {
        return (field, value);
    }
    value.set_type(datatype, order);
    (field, value)
}

fn part_written<'r>(context: &Context, field: &Operand<'r>, value: &Operand<'r>) -> Option<(Operand<'r>, Operand<'r>)> {
    let Kind::Binary(operator, inner, constant) = &value.kind else { return None };
    let constant = constant.as_number()?;
    let all = ones(field.bits);
    let (mask, bits) = match (operator, &inner.kind) {
        (Operator::Or, Kind::Binary(Operator::And, source, kept)) if matches!(source.kind, Kind::Payload(_)) => {
            (all ^ kept.as_number()?.value ^ constant.value, constant.value)
        }
        (Operator::And, Kind::Payload(_)) => (all ^ constant.value, 0),
        (Operator::Or, Kind::Payload(_)) => (constant.value, constant.value),
        _ => return None,
    };
    let mask = Operand::number(mask, field.bits, &types::INTEGER);
    let (mut trimmed, shift) = trimmed(context, field, &mask)?;
    let Kind::Payload(payload) = &mut trimmed.kind else { return None };
    complete(context, payload, trimmed.bits, &mut trimmed.datatype);
    payload.field?;
    let number = Number { value: bits >> shift, bits: trimmed.bits };
    let value = Operand::new(flags_or_number(number, trimmed.datatype), trimmed.datatype, Order::Big, trimmed.bits);
    Some((trimmed, value))
}
