//! Translation of addresses and ports (`stmt_evaluate_nat`, `netlink_gen_nat_stmt`).

use serde_json::Value;

use super::{
    Wrong,
    emit::{after, space},
    flags, only,
    reader::Reader,
    set::Leads,
    shape::Shape,
    term::{Kind, Term},
    value::Span,
};
use crate::ruleset::nft::{
    Expr, Family,
    expr::{Masq, Nat, Redir, Reg},
    language::{
        datatype::{self as types, Order},
        number::ones,
    },
};

/// `NF_NAT_RANGE_*`: the first two the kernel sets by itself.
const MAP_IPS: u32 = 1;
const PROTO_SPECIFIED: u32 = 2;
const FLAGS: [(&str, u32); 4] = [("random", 4), ("persistent", 8), ("fully-random", 16), ("netmap", 64)];

/// The registers of a translation.
#[derive(Default)]
struct Registers {
    addresses: Option<(Reg, Reg)>,
    ports: Option<(Reg, Reg)>,
}

impl Reader<'_, '_> {
    pub fn nat(&mut self, name: &str, body: &Value) -> Result<(), Wrong> {
        let mut set = flags(body.get("flags"), &FLAGS)?;
        let family = match (body.get("family").and_then(Value::as_str), self.context.family) {
            (Some("ip"), _) | (None, Family::Ip) => Family::Ip,
            (Some("ip6"), _) | (None, Family::Ip6) => Family::Ip6,
            (None, _) if body.get("addr").is_none() => Family::Inet,
            _ => return Err("the version of this address is not known".into()),
        };
        let mut registers = Registers::default();
        if let Some(address) = body.get("addr") {
            self.addresses(address, family, &mut registers)?;
        }
        if let Some(port) = body.get("port") {
            let like = Term { kind: Kind::Number(0), datatype: &types::INET_SERVICE, order: Order::Big, bits: 16 };
            registers.ports = Some(self.span_or_term(port, &like)?);
        }
        set |= registers.addresses.map_or(0, |_| MAP_IPS) | registers.ports.map_or(0, |_| PROTO_SPECIFIED);
        let (port_min, port_max) = registers.ports.unzip();
        let (addr_min, addr_max) = registers.addresses.unzip();
        self.exprs.push(match name {
            "masquerade" => Expr::Masq(Masq { flags: set, port_min, port_max }),
            "redirect" => Expr::Redir(Redir { port_min, port_max, flags: set }),
            _ => {
                let family = family.number().into();
                Expr::Nat(Nat { dnat: name == "dnat", family, addr_min, addr_max, port_min, port_max, flags: set })
            }
        });
        Ok(())
    }

    /// The addresses; a map may lead to ports, or ranges, as well.
    fn addresses(&mut self, json: &Value, family: Family, registers: &mut Registers) -> Result<(), Wrong> {
        let like = address(family)?;
        let Some(("map", body)) = only(json) else {
            registers.addresses = Some(self.span_or_term(json, &like)?);
            return Ok(());
        };
        let with_port = leads_to_ports(body, self);
        let port = Term { kind: Kind::Number(0), datatype: &types::INET_SERVICE, order: Order::Big, bits: 16 };
        let shape = if with_port { Shape { parts: vec![like.clone(), port] } } else { Shape::of(&like) };
        let map = self.map(body, Some(&shape))?;
        let ranges = self.leads_to_ranges(&map);
        let first = self.load(&map)?;
        let width = space(like.bits);
        // The value lies in the registers one part after the other, then the ends of ranges likewise.
        let second = |at: Reg| after(at, width);
        (registers.addresses, registers.ports) = match (with_port, ranges) {
            (false, false) => (Some((first, first)), None),
            (false, true) => (Some((first, second(first)?)), None),
            (true, false) => (Some((first, first)), Some((second(first)?, second(first)?))),
            (true, true) => {
                let port_min = second(first)?;
                let addr_max = second(port_min)?;
                (Some((first, addr_max)), Some((port_min, second(addr_max)?)))
            }
        };
        Ok(())
    }

    fn leads_to_ranges(&self, map: &Term) -> bool {
        let Kind::Map { set, .. } = &map.kind else { return false };
        if let Some(declared) = self.known.get(set) {
            return matches!(declared.leads, Some(Leads::Ranges(_)));
        }
        let data = self.sets.iter().find(|each| each.name == *set).map_or(0, |set| set.data_len);
        data > Shape::of(map).len().max(map.bytes())
    }

    /// One value, or the ends of a range, in registers.
    fn span_or_term(&mut self, json: &Value, like: &Term) -> Result<(Reg, Reg), Wrong> {
        if only(json).is_some_and(|(name, _)| !matches!(name, "range" | "prefix")) {
            let term = self.argument(json, like)?;
            let register = self.load(&term)?;
            return Ok((register, register));
        }
        let (low, high) = match self.span(json, like)? {
            Span::One(term) => {
                let register = self.load(&term)?;
                return Ok((register, register));
            }
            Span::Range(low, high) => (low, high),
            Span::Prefix(base, length) => {
                let Kind::Number(value) = base.kind else { return Err("a prefix is of a number".into()) };
                let host = ones(like.bits - length.min(like.bits));
                (Term::number(value & !host, like), Term::number(value | host, like))
            }
            Span::Beginning(_) => return Err("this is no address".into()),
        };
        Ok((self.load(&low)?, self.load(&high)?))
    }
}

/// What an address of a version is like.
pub fn address(family: Family) -> Result<Term, Wrong> {
    let (datatype, bits): (types::Datatype, u32) = match family {
        Family::Ip => (&types::IPV4_ADDR, 32),
        Family::Ip6 => (&types::IPV6_ADDR, 128),
        _ => return Err("the version of this address is not known".into()),
    };
    Ok(Term { kind: Kind::Number(0), datatype, order: Order::Big, bits })
}

/// Whether a map leads to an address and a port.
fn leads_to_ports(body: &Value, reader: &Reader) -> bool {
    match body.get("data") {
        Some(Value::String(name)) => {
            let declared = name.strip_prefix('@').and_then(|name| reader.known.get(name));
            matches!(declared.and_then(|declared| declared.leads.as_ref()), Some(Leads::Data(shape) | Leads::Ranges(shape)) if shape.is_concatenation())
        }
        Some(data) => {
            let list = only(data).and_then(|(_, list)| list.as_array()).or(data.as_array());
            let first = list.and_then(|list| list.first()).and_then(|pair| pair.get(1));
            first.and_then(only).is_some_and(|(name, _)| name == "concat")
        }
        None => false,
    }
}
