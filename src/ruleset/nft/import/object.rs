//! Named objects.

use serde_json::Value;

use super::{
    Wrong,
    encode::Attributes,
    field::{number, word},
    stateful::{limit, synproxy, truth, whole},
};
use crate::ruleset::{
    nft::{
        Expr, Family, Object,
        expr::{Counter, Quota},
    },
    protocols::PROTOCOLS,
};

/// `NFT_OBJECT_*` by the word that listings use for it.
pub fn kind(word: &str) -> Option<u32> {
    Some(match word {
        "counter" => 1,
        "quota" => 2,
        "ct helper" => 3,
        "limit" => 4,
        "ct timeout" => 7,
        "secmark" => 8,
        "ct expectation" => 9,
        "synproxy" => 10,
        _ => return None,
    })
}

/// An object of a listing.
pub fn object(kind: u32, body: &Value) -> Result<Object, Wrong> {
    let body_of = match kind {
        1 => Expr::Counter(Counter { packets: whole(body, "packets"), bytes: whole(body, "bytes") }),
        2 => Expr::Quota(Quota { bytes: whole(body, "bytes"), consumed: whole(body, "used"), over: truth(body, "inv") }),
        3 => {
            let attributes = Attributes::default().text(1, word(body, "type")?).be16(2, family(body)?);
            attributes.byte(3, protocol(body)?).into_expr("ct helper")
        }
        4 => Expr::Limit(limit(body)?),
        7 => timeout(body)?,
        8 => Attributes::default().text(1, word(body, "context")?).into_expr("secmark"),
        9 => {
            let port = u16::try_from(whole(body, "dport")).map_err(|_| Wrong::from("a port has 16 bits"))?;
            let size = u8::try_from(whole(body, "size")).map_err(|_| Wrong::from("so many expectations are not possible"))?;
            let attributes = Attributes::default().be16(1, family(body)?).byte(2, protocol(body)?).be16(3, port);
            attributes.bytes(4, &number(body, "timeout")?.to_ne_bytes()).byte(5, size).into_expr("ct expectation")
        }
        10 => Expr::Synproxy(synproxy(body)?),
        _ => return Err("this object is not known here".into()),
    };
    Ok(Object {
        name: word(body, "name")?.to_owned(),
        handle: whole(body, "handle"),
        kind,
        comment: body.get("comment").and_then(Value::as_str).map(str::to_owned),
        body: body_of,
    })
}

fn family(body: &Value) -> Result<u16, Wrong> {
    let word = word(body, "l3proto")?;
    let family = super::document::family(word).map(Family::number);
    family.map(u16::from).ok_or_else(|| Wrong(format!("'{word}' is no family")))
}

fn protocol(body: &Value) -> Result<u8, Wrong> {
    let json = body.get("protocol").unwrap_or(&Value::Null);
    let number = json.as_u64().or_else(|| PROTOCOLS.iter().find(|(name, _)| json.as_str() == Some(*name)).map(|(_, number)| *number));
    number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| Wrong::from("a protocol is a name or a byte"))
}

/// The policy names only what differs from nft's defaults; the kernel keeps all of it.
fn timeout(body: &Value) -> Result<Expr, Wrong> {
    let protocol = protocol(body)?;
    let known = crate::ruleset::nft::language::timeouts::of(protocol).ok_or_else(|| Wrong::from("this protocol has no timeouts here"))?;
    let mut policy = Attributes::default();
    for ((name, default), number) in known.iter().zip(1..) {
        let given = body.get("policy").and_then(|policy| policy.get(*name)).and_then(Value::as_u64);
        policy = policy.be32(number, given.map_or(Ok(*default), u32::try_from).map_err(|_| Wrong::from("this timeout is too long"))?);
    }
    let attributes = Attributes::default().be16(1, family(body)?).byte(2, protocol);
    Ok(attributes.bytes(3, &policy.into_bytes()).into_expr("ct timeout"))
}
