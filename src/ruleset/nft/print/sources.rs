//! Loads that are written by fixed words: routes, sockets, generated numbers, hashes, fingerprints, IPsec.

use crate::ruleset::nft::decode::attributes::{be32, byte, parse, register, text};
use crate::ruleset::nft::{Expr, expr::Reg};

use super::datatype::{self as types, Datatype, Order};
use super::keys;
use super::operand::{Kind, Operand};
use super::registers::Registers;
use super::statement::Statement;

impl<'r> Registers<'r> {
    /// Routing data, sockets, generated numbers and hashes.
    pub fn other_load(&mut self, expr: &'r Expr) -> Option<()> {
        match expr {
            Expr::Rt(rt) => {
                let key = keys::rt(rt.key)?;
                self.keep(rt.dest, Operand::new(Kind::Load(key.token.to_owned()), key.datatype, key.order, key.bits))
            }
            Expr::Socket(socket) => {
                let key = keys::socket(socket.key)?;
                let level = socket.level.filter(|_| socket.key == 3).map_or_else(String::new, |level| format!(" level {level}"));
                self.keep(socket.dest, Operand::new(Kind::Load(format!("{}{level}", key.token)), key.datatype, key.order, key.bits))
            }
            Expr::Fib(fib) => {
                const PRESENT: u32 = 32;
                let (word, datatype, bits): (_, Datatype, _) = match fib.result {
                    1 => ("oif", &types::IFACE_INDEX, 32),
                    2 => ("oifname", &types::TEXT, 128),
                    3 => ("type", &types::FIB_ADDRESS_TYPE, 32),
                    _ => return None,
                };
                let datatype = if fib.flags & PRESENT != 0 { &types::BOOLEAN } else { datatype };
                let named = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
                let flags: Vec<&str> = named.iter().filter(|(flag, _)| fib.flags & flag != 0).map(|(_, name)| *name).collect();
                self.keep(fib.dest, Operand::new(Kind::Load(format!("fib {} {word}", flags.join(" . "))), datatype, Order::Host, bits))
            }
            Expr::Numgen(numgen) => {
                let offset = if numgen.offset > 0 { format!(" offset {}", numgen.offset) } else { String::new() };
                let words = format!("numgen {} mod {}{offset}", if numgen.kind == 0 { "inc" } else { "random" }, numgen.modulus);
                self.keep(numgen.dest, Operand::new(Kind::Load(words), &types::INTEGER, Order::Host, 32))
            }
            Expr::Hash(hash) => {
                let mut rest = format!(" mod {}", hash.modulus);
                if let Some(seed) = hash.seed {
                    rest.push_str(&format!(" seed 0x{seed:x}"));
                }
                if hash.offset > 0 {
                    rest.push_str(&format!(" offset {}", hash.offset));
                }
                let kind = match hash.source {
                    Some(source) if hash.kind == 0 => Kind::Jhash(Box::new(self.load_wide(source, hash.len.saturating_mul(8))?), rest),
                    _ => Kind::Load(format!("symhash{rest}")),
                };
                self.keep(hash.dest, Operand::new(kind, &types::INTEGER, Order::Host, 32))
            }
            _ => None,
        }
    }

    /// Expressions that have no type of their own: the loads among them leave what they load in a register.
    pub fn unknown(&mut self, expr: &'r Expr, name: &str, attributes: &[u8]) -> Option<()> {
        let known = match name {
            "osf" => fingerprint(attributes),
            "xfrm" => transform(attributes),
            _ => None,
        };
        match (known, name) {
            (Some((register, operand)), _) => self.keep(register, operand),
            (None, "flow_offload") => {
                let [_, table] = parse(attributes)?;
                self.add(Statement::Text(format!("flow add @{}", text(table?))))
            }
            (None, _) => self.add(Statement::Plain(expr)),
        }
    }
}

/// `osf name`, `osf version` (`nft_osf.c`).
fn fingerprint<'r>(attributes: &[u8]) -> Option<(Reg, Operand<'r>)> {
    let [_, dest, ttl, flags] = parse(attributes)?;
    let ttl = match byte(ttl?)? {
        1 => "ttl loose ",
        2 => "ttl skip ",
        _ => "",
    };
    let what = if flags.and_then(be32).is_some_and(|flags| flags & 1 != 0) { "version" } else { "name" };
    Some((register(dest?)?, Operand::new(Kind::Load(format!("osf {ttl}{what}")), &types::TEXT, Order::Host, 128)))
}

/// `ipsec in reqid` (`nft_xfrm.c`).
fn transform<'r>(attributes: &[u8]) -> Option<(Reg, Operand<'r>)> {
    let [_, dest, key, direction, number] = parse(attributes)?;
    let (word, datatype, order, bits): (_, Datatype, _, _) = match be32(key?)? {
        1 => ("ip daddr", &types::IPV4_ADDR, Order::Big, 32),
        2 => ("ip6 daddr", &types::IPV6_ADDR, Order::Big, 128),
        3 => ("ip saddr", &types::IPV4_ADDR, Order::Big, 32),
        4 => ("ip6 saddr", &types::IPV6_ADDR, Order::Big, 128),
        5 => ("reqid", &types::INTEGER, Order::Host, 32),
        6 => ("spi", &types::INTEGER, Order::Big, 32),
        _ => return None,
    };
    let direction = if byte(direction?)? == 0 { "in" } else { "out" };
    let number = number.and_then(be32).filter(|number| *number > 0).map_or_else(String::new, |number| format!(" spnum {number}"));
    Some((register(dest?)?, Operand::new(Kind::Load(format!("ipsec {direction}{number} {word}")), datatype, order, bits)))
}
