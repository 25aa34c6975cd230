//! What a statement reads: fields of headers, and what the kernel knows of the packet.

use serde_json::Value;

use super::{
    Wrong, only,
    reader::Reader,
    shape::Shape,
    term::{HeaderOption, Kind, Payload, Term},
    words,
};
use crate::ruleset::nft::{
    Expr,
    expr::{self, Reg},
    language::{
        datatype::{self as types, Datatype, Order},
        keys::{self, Key},
        option,
        protocol::Layer,
    },
};

/// Any register: the right one is chosen later.
const LATER: Reg = Reg(0);

impl Reader<'_, '_> {
    /// A term that is no constant.
    pub fn term(&mut self, json: &Value) -> Result<Term, Wrong> {
        let (name, body) = only(json).ok_or_else(|| Wrong::from("this is no expression that nft -j writes"))?;
        self.deeper(|reader| reader.named(name, body))
    }

    fn named(&mut self, name: &str, body: &Value) -> Result<Term, Wrong> {
        match name {
            "payload" => self.payload(body),
            "exthdr" | "tcp option" | "ip option" | "sctp chunk" => self.option(name, body),
            "meta" => meta(body),
            "ct" => self.ct(body),
            "rt" => rt(body),
            "socket" => socket(body),
            "fib" => fib(body, false),
            "numgen" => numgen(body),
            "jhash" | "symhash" => self.hash(body),
            "osf" => osf(body),
            "ipsec" => ipsec(body),
            "concat" => self.concatenation(body),
            "map" => self.map(body, None),
            "&" | "|" | "^" | "<<" | ">>" => self.operation(name, body),
            // An element of a set that the packet adds itself to.
            "elem" => self.term(body.get("val").ok_or_else(|| Wrong::from("an element has a val"))?),
            other => Err(Wrong(format!("'{other}' is no expression that is known here"))),
        }
    }

    fn payload(&mut self, body: &Value) -> Result<Term, Wrong> {
        if body.get("tunnel").is_some() {
            return Err("headers in a tunnel are not known here".into());
        }
        let (mut payload, datatype, bits) = super::header::payload(body)?;
        self.needs(&mut payload)?;
        let term = |payload: Payload, bits| Term { kind: Kind::Payload(payload), datatype, order: Order::Big, bits };
        let whole = payload.offset - payload.offset % 8;
        let narrowed = narrowed(payload.offset, bits);
        Ok(match narrowed {
            None => term(payload, bits),
            Some((width, mask, shift)) => {
                // What lies in these bytes is no field of its own, but what it tells is learned from it.
                let bytes = term(Payload { offset: whole, ..payload }, width);
                Term { kind: Kind::Bits { bytes: Box::new(bytes), mask, shift }, datatype, order: Order::Big, bits }
            }
        })
    }

    fn option(&mut self, what: &str, body: &Value) -> Result<Term, Wrong> {
        let (option, datatype, bits) = super::header::option(what, body)?;
        let network = match option.op {
            option::IPV4 => Some(&crate::ruleset::nft::language::protocol::IP),
            option::IPV6 => Some(&crate::ruleset::nft::language::protocol::IP6),
            _ => None,
        };
        if let Some(network) = network {
            match self.context.protocol(Layer::Network) {
                Some(known) if known.is(network) => {}
                Some(known) => return Err(Wrong(format!("a header of {} where earlier matches say {}", network.name, known.name))),
                None => {
                    let link = self.context.protocol(Layer::Link).ok_or_else(|| Wrong::from("what carries the packet is not known"))?;
                    self.over(link, network)?;
                }
            }
        }
        let term = |offset, bits| Term { kind: Kind::Option(HeaderOption { offset, ..option }), datatype, order: Order::Big, bits };
        Ok(match narrowed(option.offset, bits) {
            None => term(option.offset, bits),
            Some((width, mask, shift)) => {
                let bytes = Box::new(term(option.offset - option.offset % 8, width));
                Term { kind: Kind::Bits { bytes, mask, shift }, datatype, order: Order::Big, bits }
            }
        })
    }

    /// Conntrack's keys; the width of an address follows from what is known of the packet (`expr_evaluate_ct`).
    fn ct(&self, body: &Value) -> Result<Term, Wrong> {
        let word = word(body, "key")?;
        let family = body.get("family").and_then(Value::as_str);
        let token = match family {
            Some(family) if !word.starts_with("ip") => format!("{family} {word}"),
            _ => word.to_owned(),
        };
        let (number, key) = find(keys::ct, |key| key.token == token)?;
        let direction = match body.get("dir").and_then(Value::as_str) {
            None => None,
            Some("original") => Some(0),
            Some("reply") => Some(1),
            Some(other) => return Err(Wrong(format!("'{other}' is no direction of a connection"))),
        };
        let (datatype, bits): (Datatype, u32) = match number {
            8 | 9 => match self.context.protocol(Layer::Network).map(|protocol| protocol.name) {
                Some("ip") => (&types::IPV4_ADDR, 32),
                Some("ip6") => (&types::IPV6_ADDR, 128),
                _ => return Err("the version of this address is not known".into()),
            },
            11 | 12 => (&types::INET_SERVICE, 16),
            _ => (key.datatype, key.bits),
        };
        let load = Expr::Ct(expr::Ct { key: number, direction, dest: Some(LATER), source: None });
        Ok(Term { kind: Kind::Load(load), datatype, order: key.order, bits })
    }

    fn hash(&mut self, body: &Value) -> Result<Term, Wrong> {
        let seed = body.get("seed").map(|_| number(body, "seed")).transpose()?;
        let offset = body.get("offset").map_or(Ok(0), |_| number(body, "offset"))?;
        let kind = u32::from(body.get("expr").is_none());
        let hash = expr::Hash { source: None, dest: LATER, len: 0, modulus: number(body, "mod")?, seed, offset, kind };
        let kind = match body.get("expr") {
            Some(key) => Kind::Hash(hash, Box::new(self.term(key)?)),
            None => Kind::Load(Expr::Hash(hash)),
        };
        Ok(Term { kind, datatype: &types::INTEGER, order: Order::Host, bits: 32 })
    }

    fn concatenation(&mut self, body: &Value) -> Result<Term, Wrong> {
        const MOST: usize = 16;
        let list = body.as_array().filter(|list| (2..=MOST).contains(&list.len()));
        let list = list.ok_or_else(|| Wrong::from("a concatenation is a list of 2 to 16"))?;
        let parts = list.iter().map(|part| self.part(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(Shape::concatenated(parts))
    }

    /// A part of a concatenation. A listing shows the shift of a field that is no whole number of bytes, as if it were the operator's.
    fn part(&mut self, json: &Value) -> Result<Term, Wrong> {
        let shifted = only(json).filter(|(name, _)| *name == ">>").and_then(|(_, body)| Some((body.get(0)?, body.get(1)?.as_u64()?)));
        if let Some((inner, by)) = shifted {
            let term = self.term(inner)?;
            if matches!(&term.kind, Kind::Bits { shift, .. } if u64::from(*shift) == by) {
                return Ok(term);
            }
            let by = u32::try_from(by).map_err(|_| Wrong::from("this shift is too far"))?;
            return Ok(term.with(Kind::Shift(false, Box::new(term.clone()), by)));
        }
        self.term(json)
    }

    /// Whether a route exists, or what kind of route it is.
    pub fn compared(&mut self, json: &Value, with: &Value) -> Result<Term, Wrong> {
        match only(json) {
            Some(("fib", body)) if with.is_boolean() => fib(body, true),
            // Of an option that nft has no name for.
            Some(("tcp option", body)) if with.is_boolean() && body.get("base").is_some() => {
                let mut term = self.term(json)?;
                if let Kind::Option(option) = &mut term.kind {
                    option.present = true;
                }
                Ok(term)
            }
            _ => self.term(json),
        }
    }
}

/// A field at this bit that is no whole number of bytes: the bits of the bytes around it, its mask, and how many bits lie below it
/// (`expr_evaluate_bits`).
fn narrowed(offset: u32, bits: u32) -> Option<(u32, u128, u32)> {
    let before = offset % 8;
    let width = (before + bits).div_ceil(8) * 8;
    if width == bits || width > 128 {
        return None;
    }
    let shift = width - before - bits;
    Some((width, crate::ruleset::nft::language::number::ones(bits) << shift, shift))
}

/// A word of an object.
pub fn word<'j>(body: &'j Value, name: &str) -> Result<&'j str, Wrong> {
    body.get(name).and_then(Value::as_str).ok_or_else(|| Wrong(format!("'{name}' is missing, or no word")))
}

/// A number of an object.
pub fn number(body: &Value, name: &str) -> Result<u32, Wrong> {
    let number = body.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| Wrong(format!("'{name}' is missing, or no number of 32 bits")))
}

/// The number and description of a key.
fn find(keys: fn(u32) -> Option<Key>, is: impl Fn(&Key) -> bool) -> Result<(u32, Key), Wrong> {
    let all = (0..64).filter_map(|number| Some((number, keys(number)?)));
    all.into_iter().find(|(_, key)| is(key)).ok_or_else(|| "this key is not known here".into())
}

/// The number and description of what `meta` reads by a word.
pub fn meta_key(word: &str) -> Result<(u32, Key), Wrong> {
    // Older names of them.
    let word = match word {
        "ibriport" => "ibrname",
        "obriport" => "obrname",
        "ibridgename" => "ibrname",
        "obridgename" => "obrname",
        "secpath" => "ipsec",
        other => other,
    };
    find(keys::meta, |key| key.token.strip_prefix("meta ").unwrap_or(key.token) == word)
}

fn loaded(load: Expr, key: &Key) -> Term {
    Term { kind: Kind::Load(load), datatype: key.datatype, order: key.order, bits: key.bits }
}

fn meta(body: &Value) -> Result<Term, Wrong> {
    let (number, key) = meta_key(word(body, "key")?)?;
    Ok(loaded(Expr::Meta(expr::Meta { key: number, dest: Some(LATER), source: None }), &key))
}

fn rt(body: &Value) -> Result<Term, Wrong> {
    let word = word(body, "key")?;
    let token = match body.get("family").and_then(Value::as_str) {
        Some(family) => format!("rt {family} {word}"),
        None => format!("rt {word}"),
    };
    let (number, key) = find(keys::rt, |key| key.token == token)?;
    Ok(loaded(Expr::Rt(expr::Rt { dest: LATER, key: number }), &key))
}

fn socket(body: &Value) -> Result<Term, Wrong> {
    let word = word(body, "key")?;
    let (number, key) = find(keys::socket, |key| key.token.strip_prefix("socket ") == Some(word))?;
    if word == "cgroupv2" {
        return Err("at which level the control group is compared is not told".into());
    }
    Ok(loaded(Expr::Socket(expr::Socket { dest: LATER, key: number, level: None }), &key))
}

fn fib(body: &Value, present: bool) -> Result<Term, Wrong> {
    const PRESENT: u32 = 32;
    let (result, datatype, bits): (u32, Datatype, u32) = match word(body, "result")? {
        "oif" => (1, &types::IFACE_INDEX, 32),
        "oifname" => (2, &types::IFNAME, 128),
        "type" => (3, &types::FIB_ADDRESS_TYPE, 32),
        "check" => (1, &types::BOOLEAN, 32),
        other => return Err(Wrong(format!("'{other}' is no result of a route lookup"))),
    };
    let present = present || datatype.id == types::BOOLEAN.id;
    let flags = super::flags(body.get("flags"), &[("saddr", 1), ("daddr", 2), ("mark", 4), ("iif", 8), ("oif", 16)])?;
    if words(body.get("flags")).is_empty() {
        return Err("a route lookup has flags".into());
    }
    let fib = expr::Fib { dest: LATER, result, flags: if present { flags | PRESENT } else { flags } };
    let (datatype, bits): (Datatype, u32) = if present { (&types::BOOLEAN, 32) } else { (datatype, bits) };
    Ok(Term { kind: Kind::Load(Expr::Fib(fib)), datatype, order: Order::Host, bits })
}

fn numgen(body: &Value) -> Result<Term, Wrong> {
    let kind = match word(body, "mode")? {
        "inc" => 0,
        "random" => 1,
        other => return Err(Wrong(format!("'{other}' is no mode of numgen"))),
    };
    let offset = body.get("offset").map_or(Ok(0), |_| number(body, "offset"))?;
    let load = Expr::Numgen(expr::Numgen { dest: LATER, modulus: number(body, "mod")?, kind, offset });
    Ok(Term { kind: Kind::Load(load), datatype: &types::INTEGER, order: Order::Host, bits: 32 })
}

/// `nft_osf.c`, which is kept as the kernel's bytes.
fn osf(body: &Value) -> Result<Term, Wrong> {
    let ttl = match body.get("ttl").and_then(Value::as_str) {
        None => 0,
        Some("loose") => 1,
        Some("skip") => 2,
        Some(other) => return Err(Wrong(format!("'{other}' is no way to compare a TTL"))),
    };
    let version = u32::from(word(body, "key")? == "version");
    let load = super::encode::Attributes::default().byte(2, ttl).be32(3, version).be32(1, 1).into_expr("osf");
    Ok(Term { kind: Kind::Load(load), datatype: &types::TEXT, order: Order::Host, bits: 128 })
}

/// `nft_xfrm.c`, which is kept as the kernel's bytes.
fn ipsec(body: &Value) -> Result<Term, Wrong> {
    let family = body.get("family").and_then(Value::as_str);
    let (number, datatype, order, bits): (_, Datatype, _, _) = match (word(body, "key")?, family) {
        ("daddr", Some("ip")) => (1, &types::IPV4_ADDR, Order::Big, 32),
        ("daddr", Some("ip6")) => (2, &types::IPV6_ADDR, Order::Big, 128),
        ("saddr", Some("ip")) => (3, &types::IPV4_ADDR, Order::Big, 32),
        ("saddr", Some("ip6")) => (4, &types::IPV6_ADDR, Order::Big, 128),
        ("reqid", _) => (5, &types::INTEGER, Order::Host, 32),
        ("spi", _) => (6, &types::INTEGER, Order::Big, 32),
        _ => return Err("this key of IPsec is not known here".into()),
    };
    let direction = match word(body, "dir")? {
        "in" => 0,
        "out" => 1,
        other => return Err(Wrong(format!("'{other}' is no direction"))),
    };
    let spnum = body.get("spnum").map_or(Ok(0), |_| self::number(body, "spnum"))?;
    let load = super::encode::Attributes::default().be32(1, 1).be32(2, number).byte(3, direction).be32(4, spnum).into_expr("xfrm");
    Ok(Term { kind: Kind::Load(load), datatype, order, bits })
}
