//! The statements that act: NAT, sets, duplicates, objects.

use crate::ruleset::nft::{
    Expr, Family,
    expr::{self, Reg},
};

use super::datatype::{self as types, Datatype, Order};
use super::number;
use super::operand::{Kind, Operand, SetReference};
use super::registers::Registers;
use super::set;
use super::statement::{Nat, Reject, Statement, Update};

const IPV4: u32 = 2;
const IPV6: u32 = 10;

fn address_type(family: u32) -> Datatype {
    if family == IPV4 { &types::IPV4_ADDR } else { &types::IPV6_ADDR }
}

fn family_word(family: u32) -> Option<&'static str> {
    match family {
        IPV4 => Some(" ip"),
        IPV6 => Some(" ip6"),
        _ => None,
    }
}

impl<'r> Registers<'r> {
    fn typed(&self, register: Reg, datatype: Datatype, order: Order) -> Option<Operand<'r>> {
        let mut operand = self.load(register)?;
        operand.set_type(datatype, order);
        Some(operand)
    }

    /// One value, or a range from one to another.
    fn span(&self, min: Option<Reg>, max: Option<Reg>, datatype: Datatype) -> Option<Option<Operand<'r>>> {
        let Some(first) = min else { return Some(None) };
        let low = self.typed(first, datatype, Order::Big)?;
        let Some(last) = max.filter(|last| *last != first) else { return Some(Some(low)) };
        let high = self.typed(last, datatype, Order::Big)?;
        Some(Some(as_prefix(low, high)))
    }

    /// Statements that act on the packet or on a set.
    pub fn action(&mut self, expr: &'r Expr) -> Option<()> {
        match expr {
            Expr::Nat(nat) => self.nat(nat),
            Expr::Masq(masq) => self.port_nat("masquerade", masq.port_min, masq.port_max, masq.flags),
            Expr::Redir(redir) => self.port_nat("redirect", redir.port_min, redir.port_max, redir.flags),
            Expr::Tproxy(tproxy) => {
                let family = family_word(tproxy.family).filter(|_| self.table.family == Family::Inet);
                let address = self.span(tproxy.address, None, address_type(tproxy.family))?;
                let port = self.span(tproxy.port, None, &types::INET_SERVICE)?;
                self.add(Statement::Tproxy { family, address, port })
            }
            Expr::Reject(reject) => {
                self.add(Statement::Reject(Reject { kind: reject.kind, code: reject.code, family: None, verbose: false }))
            }
            Expr::Dynset(dynset) => {
                let set = self.set(&dynset.set)?;
                let mut key = self.load_wide(dynset.key, set.key_len.saturating_mul(8))?;
                if let (Kind::Concat(parts), datatypes) = (&mut key.kind, types::parts_of(set.key_type)) {
                    for (part, datatype) in parts.iter_mut().zip(datatypes) {
                        part.set_type(datatype, datatype.order);
                    }
                }
                let data = match dynset.data {
                    Some(register) => {
                        let mut data = self.load(register)?;
                        let datatype = set.data_type.and_then(types::by_id).unwrap_or(&types::INVALID);
                        data.set_type(datatype, set::Notes::of(set).data_order);
                        Some(data)
                    }
                    None => None,
                };
                self.add(Statement::Update(Update { set, op: dynset.op, key, data, timeout: dynset.timeout, exprs: &dynset.exprs }))
            }
            Expr::Dup(dup) => {
                let family = if self.table.family == Family::Ip { IPV4 } else { IPV6 };
                let address = match dup.address {
                    Some(register) => Some(self.typed(register, address_type(family), Order::Big)?),
                    None => None,
                };
                let device = match dup.device {
                    Some(register) => Some(self.typed(register, &types::IFACE_INDEX, Order::Host)?),
                    None => None,
                };
                let (to, device) = if address.is_some() { (address, device) } else { (device, None) };
                self.add(Statement::Dup { to, device })
            }
            Expr::Fwd(fwd) => {
                let device = self.typed(fwd.device, &types::IFACE_INDEX, Order::Host)?;
                let family = fwd.nfproto.unwrap_or(0);
                let address = match fwd.address {
                    Some(register) => {
                        Some((if family == IPV4 { "ip" } else { "ip6" }, self.typed(register, address_type(family), Order::Big)?))
                    }
                    None => None,
                };
                self.add(Statement::Forward { device, address })
            }
            Expr::Queue(queue) => {
                let to = if let Some(source) = queue.source {
                    self.load(source)?
                } else {
                    let first = queue.num.unwrap_or(0);
                    let low = Operand::number(first.into(), 16, &types::INTEGER);
                    match queue.total.unwrap_or(1) {
                        0 | 1 => low,
                        total => {
                            let high = Operand::number(u128::from(first) + u128::from(total) - 1, 16, &types::INTEGER);
                            Operand::untyped(Kind::Range(Box::new(low), Box::new(high)))
                        }
                    }
                };
                self.add(Statement::Queue { to, flags: queue.flags })
            }
            Expr::Objref(objref) => self.object(objref),
            _ => None,
        }
    }

    fn object(&mut self, objref: &'r expr::Objref) -> Option<()> {
        if let Some(name) = &objref.name {
            let name = Operand::new(Kind::Text(name.clone()), &types::TEXT, Order::Host, 0);
            return self.add(Statement::Object { kind: objref.kind.unwrap_or(0), name });
        }
        let set = self.set(objref.set.as_deref()?)?;
        let key = self.load_wide(objref.source?, set.key_len.saturating_mul(8))?;
        let map = Kind::Map(Box::new(key), SetReference { set, shift: 0 });
        self.add(Statement::Object { kind: set.object_type.unwrap_or(0), name: Operand::new(map, &types::TEXT, Order::Host, 0) })
    }

    fn nat(&mut self, nat: &'r expr::Nat) -> Option<()> {
        let word = if nat.dnat { "dnat" } else { "snat" };
        let family = family_word(nat.family).filter(|_| self.table.family == Family::Inet);
        let first = self.span(nat.addr_min, None, address_type(nat.family))?;
        // A map may yield address and port at once, or a range of both: what the other registers hold is its as well.
        if let Some(Kind::Map(_, map)) = first.as_ref().map(|first| &first.kind) {
            let bytes = if nat.family == IPV4 { 4 } else { 16 };
            if map.set.data_len == bytes + 4 || set::Notes::of(map.set).data_interval {
                return self.add(Statement::Nat(Nat {
                    word,
                    family: family_word(nat.family),
                    address: first,
                    ports: None,
                    flags: nat.flags,
                }));
            }
        }
        let address = self.span(nat.addr_min, nat.addr_max, address_type(nat.family))?;
        let ports = self.ports(nat.port_min, nat.port_max)?;
        self.add(Statement::Nat(Nat { word, family, address, ports, flags: nat.flags }))
    }

    fn port_nat(&mut self, word: &'static str, min: Option<Reg>, max: Option<Reg>, flags: u32) -> Option<()> {
        let ports = self.ports(min, max)?;
        self.add(Statement::Nat(Nat { word, family: None, address: None, ports, flags }))
    }

    fn ports(&self, min: Option<Reg>, max: Option<Reg>) -> Option<Option<Operand<'r>>> {
        let Some(first) = min else { return Some(None) };
        let low = self.typed(first, &types::INET_SERVICE, Order::Big)?;
        let Some(last) = max.filter(|last| *last != first) else { return Some(Some(low)) };
        let high = self.typed(last, &types::INET_SERVICE, Order::Big)?;
        Some(Some(Operand::untyped(Kind::Range(Box::new(low), Box::new(high)))))
    }
}

/// The range from `low` to `high`, as a prefix if it is one.
pub fn as_prefix<'r>(low: Operand<'r>, high: Operand<'r>) -> Operand<'r> {
    if let (Some(from), Some(to)) = (low.as_number(), high.as_number()) {
        let differing = from.value ^ to.value;
        let host = (!differing).trailing_zeros();
        if host <= from.bits && differing == number::ones(host) && (from.value == 0 || from.value.trailing_zeros() >= host) {
            return Operand::untyped(Kind::Prefix(Box::new(low), from.bits - host));
        }
    }
    Operand::untyped(Kind::Range(Box::new(low), Box::new(high)))
}
