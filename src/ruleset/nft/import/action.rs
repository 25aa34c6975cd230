//! Verdicts, and what else a rule does with a packet.

use serde_json::Value;

use super::{
    Wrong, encode,
    field::word,
    flags,
    nat::address,
    only,
    reader::Reader,
    term::{Kind, Term},
};
use crate::ruleset::nft::{
    Expr, Family,
    expr::{self, Compat, Immediate, ImmediateValue, Objref, Verdict},
    language::{
        datatype::{self as types, Datatype, Order},
        protocol::{self, Layer},
    },
};

/// The structure of an extension of iptables is not listed: this is no revision of any.
const UNTOLD: u32 = 255;

/// A verdict, if it is one.
pub fn verdict(name: &str, body: &Value) -> Option<Verdict> {
    let target = || body.get("target").and_then(Value::as_str).map(Into::into);
    Some(match name {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "continue" => Verdict::Continue,
        "break" => Verdict::Break,
        "return" => Verdict::Return,
        "jump" => Verdict::Jump(target()?),
        "goto" => Verdict::Goto(target()?),
        "queue" if body.is_null() => Verdict::Queue(3),
        _ => return None,
    })
}

impl Reader<'_, '_> {
    pub fn action(&mut self, name: &str, body: &Value) -> Result<(), Wrong> {
        match name {
            "queue" => return self.queue(body),
            "reject" => return self.reject(body),
            "tproxy" => return self.tproxy(body),
            "dup" => return self.dup(body),
            "fwd" => return self.fwd(body),
            "reset" => return self.reset(body),
            _ => {}
        }
        if let Some(kind) = super::object::kind(name) {
            return self.object(kind, body);
        }
        let expr = match (name, verdict(name, body)) {
            (_, Some(verdict)) => Expr::Immediate(Immediate { dest: None, value: ImmediateValue::Verdict(verdict) }),
            ("notrack", _) => Expr::Notrack,
            ("flow", _) => {
                let table = word(body, "flowtable")?;
                encode::Attributes::default().text(1, table.strip_prefix('@').unwrap_or(table)).into_expr("flow_offload")
            }
            ("xt", _) => {
                let target = word(body, "type")? != "match";
                Expr::Compat(Compat { target, name: word(body, "name")?.to_owned(), revision: UNTOLD, info: Vec::new() })
            }
            _ => return Err(Wrong(format!("the statement {name} is not known here"))),
        };
        self.exprs.push(expr);
        Ok(())
    }

    fn queue(&mut self, body: &Value) -> Result<(), Wrong> {
        let flags = flags(body.get("flags"), &[("bypass", 1), ("fanout", 2)])?;
        let like = Term { kind: Kind::Number(0), datatype: &types::INTEGER, order: Order::Host, bits: 16 };
        let number = |json: &Value| json.as_u64().and_then(|number| u16::try_from(number).ok());
        let (num, total, source) = match body.get("num") {
            None => (Some(0), Some(1), None),
            Some(num) => match (number(num), only(num)) {
                (Some(num), _) => (Some(num), Some(1), None),
                (None, Some(("range", ends))) => {
                    let end = |at| ends.get(at).and_then(number).ok_or_else(|| Wrong::from("queues are numbers of 16 bits"));
                    let (first, last) = (end(0)?, end(1)?);
                    let total = last.checked_sub(first).and_then(|more| more.checked_add(1));
                    (Some(first), Some(total.ok_or_else(|| Wrong::from("a range is from a number to a higher one"))?), None)
                }
                _ => {
                    let term = self.argument(num, &like)?;
                    (None, None, Some(self.load(&term)?))
                }
            },
        };
        self.exprs.push(Expr::Queue(expr::Queue { num, total, flags: flags as u16, source }));
        Ok(())
    }

    /// `stmt_evaluate_reject`: an ICMP error is of one version of IP, a reset is for TCP.
    fn reject(&mut self, body: &Value) -> Result<(), Wrong> {
        const ICMP: u32 = 0;
        const RESET: u32 = 1;
        const ICMPX: u32 = 2;
        let ip = self.context.is(Layer::Network, &protocol::IP);
        let ip6 = self.context.is(Layer::Network, &protocol::IP6);
        let kind = match (body.get("type").and_then(Value::as_str), self.context.family) {
            (Some(kind), _) => kind,
            (None, Family::Ip) => "icmp",
            (None, Family::Ip6) => "icmpv6",
            (None, _) => "icmpx",
        };
        let (number, datatype, default): (u32, Datatype, u8) = match kind {
            "tcp reset" => (RESET, &types::INTEGER, 0),
            "icmp" => (ICMP, &types::ICMP_CODE, 3),
            "icmpv6" => (ICMP, &types::ICMP6_CODE, 4),
            "icmpx" => (ICMPX, &types::ICMPX_CODE, 1),
            other => return Err(Wrong(format!("'{other}' is no way to reject"))),
        };
        match kind {
            "tcp reset" if self.context.protocol(Layer::Transport).is_none() => self.tell(&protocol::TCP)?,
            "icmp" if !ip && self.context.protocol(Layer::Network).is_none() => self.tell(&protocol::IP)?,
            "icmpv6" if !ip6 && self.context.protocol(Layer::Network).is_none() => self.tell(&protocol::IP6)?,
            _ => {}
        }
        let like = Term { kind: Kind::Number(0), datatype, order: Order::Big, bits: 8 };
        let code = match body.get("expr").map(|code| self.constant(code, &like)).transpose()?.map(|code| code.kind) {
            Some(Kind::Number(code)) => u8::try_from(code).unwrap_or(default),
            _ => default,
        };
        self.exprs.push(Expr::Reject(expr::Reject { kind: number, code }));
        Ok(())
    }

    fn tproxy(&mut self, body: &Value) -> Result<(), Wrong> {
        let family = match (body.get("family").and_then(Value::as_str), self.context.family) {
            (Some("ip"), _) | (None, Family::Ip) => Some(Family::Ip),
            (Some("ip6"), _) | (None, Family::Ip6) => Some(Family::Ip6),
            _ => None,
        };
        let mut registers = [None, None];
        if let Some(json) = body.get("addr") {
            let term = self.argument(json, &address(family.unwrap_or(Family::Inet))?)?;
            registers[0] = Some(self.load(&term)?);
        }
        if let Some(json) = body.get("port") {
            let like = Term { kind: Kind::Number(0), datatype: &types::INET_SERVICE, order: Order::Big, bits: 16 };
            let term = self.argument(json, &like)?;
            registers[1] = Some(self.load(&term)?);
        }
        let [address, port] = registers;
        self.exprs.push(Expr::Tproxy(expr::Tproxy { family: family.map_or(0, |family| family.number().into()), address, port }));
        Ok(())
    }

    fn dup(&mut self, body: &Value) -> Result<(), Wrong> {
        let device = Term { kind: Kind::Number(0), datatype: &types::IFACE_INDEX, order: Order::Host, bits: 32 };
        // In a netdev table what is called the address is a device.
        let to_device = self.context.family == Family::Netdev;
        let to = body.get("addr").ok_or_else(|| Wrong::from("a copy goes somewhere"))?;
        let like = if to_device { device.clone() } else { address(self.context.family)? };
        let term = self.argument(to, &like)?;
        let first = Some(self.load(&term)?);
        let second = match body.get("dev") {
            Some(json) => {
                let term = self.argument(json, &device)?;
                Some(self.load(&term)?)
            }
            None => None,
        };
        let (address, device) = if to_device { (None, first) } else { (first, second) };
        self.exprs.push(Expr::Dup(expr::Dup { address, device }));
        Ok(())
    }

    fn fwd(&mut self, body: &Value) -> Result<(), Wrong> {
        let like = Term { kind: Kind::Number(0), datatype: &types::IFACE_INDEX, order: Order::Host, bits: 32 };
        let term = self.argument(body.get("dev").unwrap_or(&Value::Null), &like)?;
        let device = self.load(&term)?;
        let (mut to, mut nfproto) = (None, None);
        if let Some(json) = body.get("addr") {
            let family = if word(body, "family")? == "ip6" { Family::Ip6 } else { Family::Ip };
            let term = self.argument(json, &address(family)?)?;
            to = Some(self.load(&term)?);
            nfproto = Some(family.number().into());
        }
        self.exprs.push(Expr::Fwd(expr::Fwd { device, address: to, nfproto }));
        Ok(())
    }

    /// A named object, or a map to some.
    fn object(&mut self, kind: u32, body: &Value) -> Result<(), Wrong> {
        if let Some(name) = body.as_str() {
            self.exprs.push(Expr::Objref(Objref { kind: Some(kind), name: Some(name.to_owned()), source: None, set: None }));
            return Ok(());
        }
        let map = body.get("map").ok_or_else(|| Wrong::from("this is no name of an object"))?;
        let key = self.term(map.get("key").ok_or_else(|| Wrong::from("a map has a key"))?)?;
        let data = map.get("data").ok_or_else(|| Wrong::from("a map has data"))?;
        let leads = (!data.is_string()).then_some(super::set::Leads::Object(kind));
        let reference = self.reference(data, key, leads)?;
        let source = Some(self.load(&reference.key)?);
        self.exprs.push(Expr::Objref(Objref { kind: None, name: None, source, set: Some(reference.set) }));
        Ok(())
    }
}
