//! The expression that a set was declared with (`typeof ip saddr . tcp dport`), as nft noted it in the set's user data.

use super::datatype::{self as types, Order};
use super::operand::{HeaderOption, Kind, Operand, Payload, Tracked};
use super::protocol::{DESCRIBED, Layer};
use super::set::{entries, number};
use super::{keys, option};

/// nft's numbers of kinds of expressions.
const PAYLOAD: u32 = 7;
const EXTHDR: u32 = 8;
const META: u32 = 9;
const SOCKET: u32 = 10;
const CT: u32 = 12;
const CONCAT: u32 = 13;
const NUMGEN: u32 = 23;
const HASH: u32 = 24;
const RT: u32 = 25;
const FIB: u32 = 26;

/// Reads one such note: the kind of expression, and its own data.
pub fn read<'r>(note: &[u8]) -> Option<Operand<'r>> {
    let kind = number(find(note, 0)?)?;
    let data = find(note, 1)?;
    match kind {
        PAYLOAD => payload(data),
        EXTHDR => exthdr(data),
        META => {
            let number = number(find(data, 0)?)?;
            let key = keys::meta(number)?;
            Some(Operand::new(Kind::Meta(number), key.datatype, key.order, key.bits))
        }
        SOCKET => {
            let number = number(find(data, 0)?)?;
            let key = keys::socket(number)?;
            let level = find(data, 1).and_then(self::number).filter(|_| number == 3).map_or_else(String::new, |l| format!(" level {l}"));
            Some(Operand::new(Kind::Load(format!("{}{level}", key.token)), key.datatype, key.order, key.bits))
        }
        CT => {
            let number = number(find(data, 0)?)?;
            let key = keys::ct(number)?;
            let direction = find(data, 1).and_then(self::number).and_then(|d| u8::try_from(d).ok());
            let tracked = Tracked { key: number, direction, network: None };
            Some(Operand::new(Kind::Ct(tracked), key.datatype, key.order, key.bits))
        }
        RT => {
            let key = keys::rt(number(find(data, 0)?)?)?;
            Some(Operand::new(Kind::Load(key.token.to_owned()), key.datatype, key.order, key.bits))
        }
        NUMGEN => {
            let value = |at| find(data, at).and_then(number);
            let mode = if value(0)? == 0 { "inc" } else { "random" };
            let offset = value(2).filter(|offset| *offset > 0).map_or_else(String::new, |offset| format!(" offset {offset}"));
            Some(Operand::new(Kind::Load(format!("numgen {mode} mod {}{offset}", value(1)?)), &types::INTEGER, Order::Host, 32))
        }
        HASH => None,
        FIB => fib(data),
        CONCAT => concatenation(data),
        _ => None,
    }
}

fn find(data: &[u8], wanted: u8) -> Option<&[u8]> {
    entries(data).find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
}

fn payload<'r>(data: &[u8]) -> Option<Operand<'r>> {
    let value = |at| find(data, at).and_then(number);
    let (protocol, position) = (value(0)?, value(1)?);
    let Some(protocol) = DESCRIBED.iter().find(|p| p.id == protocol) else {
        let layer = match value(2)? {
            1 => Layer::Link,
            2 => Layer::Network,
            3 => Layer::Transport,
            _ => Layer::Inner,
        };
        let raw = Payload { layer, offset: value(3)?.min(0xffff), field: None, tells: false };
        return Some(Operand::new(Kind::Payload(raw), &types::HEX_INTEGER, Order::Big, value(4).unwrap_or(0).min(0xffff)));
    };
    // nft counts from 1.
    let field = protocol.fields.get((position.checked_sub(1)?) as usize)?;
    let payload = Payload { layer: protocol.layer, offset: field.offset, field: Some((protocol, field)), tells: false };
    Some(Operand::new(Kind::Payload(payload), field.datatype, Order::Big, field.bits))
}

fn exthdr<'r>(data: &[u8]) -> Option<Operand<'r>> {
    let value = |at| find(data, at).and_then(number);
    let (description, position) = (value(0)?, value(1)?);
    // Extension headers have nft's own numbers and count their parts from 1; options have the protocol's and count from 0.
    let (op, kind, place) = match (value(2), description) {
        (Some(op), kind) => (op, u8::try_from(kind).ok()?, position),
        (None, 1) => (option::IPV6, 0, position.checked_sub(1)?),
        (None, 6) => (option::IPV6, 44, position.checked_sub(1)?),
        (None, 7) => (option::IPV6, 60, position.checked_sub(1)?),
        (None, 8) => (option::IPV6, 135, position.checked_sub(1)?),
        _ => return None,
    };
    let header = *option::headers(op, kind).first()?;
    let place = if op == option::IPV4 { place.min(3).min(u32::try_from(header.parts.len()).ok()? - 1) } else { place };
    let part = *header.parts.get(place as usize)?;
    let field = HeaderOption { op, kind, offset: part.offset, present: false, part: Some((header, part)) };
    Some(Operand::new(Kind::Option(field), part.datatype, Order::Big, part.bits))
}

fn fib<'r>(data: &[u8]) -> Option<Operand<'r>> {
    let value = |at| find(data, at).and_then(number);
    let (result, flags) = (value(0)?, value(1)?);
    let (word, datatype): (_, types::Datatype) = match result {
        1 => ("oif", &types::IFACE_INDEX),
        2 => ("oifname", &types::TEXT),
        3 => ("type", &types::FIB_ADDRESS_TYPE),
        _ => return None,
    };
    let named = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
    let flags: Vec<&str> = named.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect();
    Some(Operand::new(Kind::Load(format!("fib {} {word}", flags.join(" . "))), datatype, Order::Host, 32))
}

fn concatenation<'r>(data: &[u8]) -> Option<Operand<'r>> {
    let parts: Option<Vec<Operand>> = entries(data).map(|(_, part)| read(part)).collect();
    let parts = parts?;
    let bits = parts.iter().map(|part| part.bits.div_ceil(32) * 32).sum();
    Some(Operand::new(Kind::Concat(parts), &types::INVALID, Order::Unknown, bits))
}
