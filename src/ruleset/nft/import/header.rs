//! Fields of headers and options by their names.

use serde_json::Value;

use super::{
    Wrong,
    field::{number, word},
    term::{HeaderOption, Payload},
};
use crate::ruleset::nft::language::{
    datatype::{self as types, Datatype},
    option,
    protocol::{self, DESCRIBED, Layer},
};

/// A payload, its type and its width in bits.
pub fn payload(body: &Value) -> Result<(Payload, Datatype, u32), Wrong> {
    if let Some(base) = body.get("base") {
        let layer = match base.as_str() {
            Some("ll") => Layer::Link,
            Some("nh") => Layer::Network,
            Some("th") => Layer::Transport,
            Some("ih") => Layer::Inner,
            _ => return Err("the base of raw bytes is ll, nh, th or ih".into()),
        };
        const LARGEST: u32 = 0xffff;
        let (offset, bits) = (number(body, "offset")?, number(body, "len")?);
        if offset > LARGEST || !(1..=128).contains(&bits) {
            return Err("raw bytes have an offset of 16 bits and a len of 1 to 128".into());
        }
        return Ok((Payload { layer, offset, field: None }, &types::HEX_INTEGER, bits));
    }
    let (name, field) = (word(body, "protocol")?, word(body, "field")?);
    let name = if name == "icmp6" { "icmpv6" } else { name };
    let protocol = DESCRIBED.iter().find(|protocol| protocol.name == name).copied();
    let protocol = protocol.ok_or_else(|| Wrong(format!("the header {name} is not known here")))?;
    let found = protocol.fields.iter().find(|each| each.name == field);
    let found = found.ok_or_else(|| Wrong(format!("the header {name} has no field {field} that is known here")))?;
    let known = (!protocol.is(&protocol::TH)).then_some((protocol, found));
    // Ports of any transport protocol are raw bytes.
    Ok((Payload { layer: protocol.layer, offset: found.offset, field: known }, found.datatype, found.bits))
}

/// An option, its type and its width in bits. Without a field: whether it is there.
pub fn option(what: &str, body: &Value) -> Result<(HeaderOption, Datatype, u32), Wrong> {
    let op = match what {
        "tcp option" => option::TCP,
        "ip option" => option::IPV4,
        "sctp chunk" => option::SCTP,
        _ => option::IPV6,
    };
    if let Some(kind) = body.get("base") {
        let kind = kind.as_u64().and_then(|kind| u8::try_from(kind).ok()).ok_or_else(|| Wrong::from("the base of an option is a byte"))?;
        let (offset, bits) = (number(body, "offset")?, number(body, "len")?);
        if offset > 2048 || !(1..=128).contains(&bits) {
            return Err("a part of an option has an offset below 2048 and a len of 1 to 128".into());
        }
        return Ok((HeaderOption { op, kind, offset, present: false }, &types::INTEGER, bits));
    }
    let name = word(body, "name")?;
    // The blocks of a SACK option are numbered; an older name of it and of another one.
    let (name, block) = match name {
        "sack0" => ("sack", 0),
        "sack1" => ("sack", 1),
        "sack2" => ("sack", 2),
        "sack3" => ("sack", 3),
        "sack-permitted" => ("sack-perm", 0),
        other => (other, 0),
    };
    let kinds =
        (0..=u8::MAX).find_map(|kind| option::headers(op, kind).into_iter().find(|header| header.name == name).map(|it| (kind, it)));
    let (kind, header) = kinds.ok_or_else(|| Wrong(format!("{what} {name} is not known here")))?;
    let Some(field) = body.get("field").and_then(Value::as_str) else {
        return Ok((HeaderOption { op, kind, offset: 0, present: true }, &types::BOOLEAN, 8));
    };
    let part = header.parts.iter().find(|part| part.name == field);
    let part = part.ok_or_else(|| Wrong(format!("{what} {name} has no {field} that is known here")))?;
    let offset = if part.offset < 16 { part.offset } else { part.offset + 64 * block };
    Ok((HeaderOption { op, kind, offset, present: false }, part.datatype, part.bits))
}
