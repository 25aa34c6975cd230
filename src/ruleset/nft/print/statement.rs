//! The statements of a rule, and how each is written.

use crate::ruleset::nft::{
    Chain, Expr, Set,
    expr::{DynsetOp, Verdict},
};

use super::constant;
use super::operand::{Kind, Operand, SetReference, Tracked};
use super::stateful;
use super::write::Writer;
use super::{datatype as types, keys};

/// One statement.
#[derive(Debug, Clone)]
pub enum Statement<'r> {
    /// A comparison, or a verdict map.
    Match(Operand<'r>),
    Verdict(&'r Verdict),
    /// A jump or goto to a chain that has no name of its own and is written in place.
    Block(&'static str, &'r Chain),
    SetPayload(Operand<'r>, Operand<'r>),
    SetOption(Operand<'r>, Operand<'r>),
    RemoveOption(Operand<'r>),
    SetMeta(u32, Operand<'r>),
    SetCt(Tracked, Operand<'r>),
    Nat(Nat<'r>),
    Tproxy {
        family: Option<&'static str>,
        address: Option<Operand<'r>>,
        port: Option<Operand<'r>>,
    },
    Reject(Reject),
    Update(Update<'r>),
    Dup {
        to: Option<Operand<'r>>,
        device: Option<Operand<'r>>,
    },
    Forward {
        device: Operand<'r>,
        address: Option<(&'static str, Operand<'r>)>,
    },
    Queue {
        to: Operand<'r>,
        flags: u16,
    },
    Object {
        kind: u32,
        name: Operand<'r>,
    },
    /// Written by its own expression alone: a counter, a limit, a log…
    Plain(&'r Expr),
    /// Written so.
    Text(String),
}

/// `snat`, `dnat`, `masquerade` or `redirect`.
#[derive(Debug, Clone)]
pub struct Nat<'r> {
    pub word: &'static str,
    pub family: Option<&'static str>,
    pub address: Option<Operand<'r>>,
    pub ports: Option<Operand<'r>>,
    /// `NF_NAT_RANGE_*`.
    pub flags: u32,
}

/// A reject; its family is known once the rest of the rule is.
#[derive(Debug, Clone)]
pub struct Reject {
    pub kind: u32,
    pub code: u8,
    /// `icmp` or `icmpv6`, with the type of its codes.
    pub family: Option<(&'static str, types::Datatype, u8)>,
    /// The default code is written too: the family would be lost without it.
    pub verbose: bool,
}

/// An element added to, updated in or deleted from a set by the packet.
#[derive(Debug, Clone)]
pub struct Update<'r> {
    pub set: &'r Set,
    pub op: DynsetOp,
    pub key: Operand<'r>,
    pub data: Option<Operand<'r>>,
    pub timeout: u64,
    pub exprs: &'r [Expr],
}

const NETMAP: u32 = 64;

impl Writer<'_> {
    pub fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Match(operand) => self.operand(operand),
            Statement::Verdict(verdict) => self.verdict(verdict),
            Statement::Block(word, chain) => self.text(&format!("{word} {}", chain.name)),
            Statement::SetPayload(field, value) | Statement::SetOption(field, value) => {
                self.operand(field);
                self.text(" set ");
                self.operand(value);
            }
            Statement::RemoveOption(field) => {
                self.text("reset ");
                self.operand(field);
            }
            Statement::SetMeta(key, value) => {
                match keys::meta(*key) {
                    Some(known) => self.text(known.token),
                    None => self.format(format_args!("meta {key}")),
                }
                self.text(" set ");
                self.operand(value);
            }
            Statement::SetCt(tracked, value) => {
                self.operand(&Operand::untyped(Kind::Ct(*tracked)));
                self.text(" set ");
                self.flags(value, if tracked.key == 18 { "," } else { " | " });
            }
            Statement::Nat(nat) => self.nat(nat),
            Statement::Tproxy { family, address, port } => self.tproxy(*family, address.as_ref(), port.as_ref()),
            Statement::Reject(reject) => self.reject(reject),
            Statement::Update(update) => self.update(update),
            Statement::Dup { to, device } => {
                self.text("dup");
                self.part(" to ", to.as_ref());
                self.part(" device ", device.as_ref());
            }
            Statement::Forward { device, address } => {
                if let Some((family, address)) = address {
                    self.format(format_args!("fwd {family} to "));
                    self.operand(address);
                    self.text(" device ");
                } else {
                    self.text("fwd to ");
                }
                self.operand(device);
            }
            Statement::Queue { to, flags } => {
                self.text("queue");
                self.text(match flags & 3 {
                    1 => " flags bypass",
                    2 => " flags fanout",
                    3 => " flags bypass,fanout",
                    _ => "",
                });
                self.part(" to ", Some(to));
            }
            Statement::Object { kind, name } => {
                match kind {
                    3 => self.text("ct helper set "),
                    7 => self.text("ct timeout set "),
                    8 => self.text("meta secmark set "),
                    9 => self.text("ct expectation set "),
                    _ => self.format(format_args!("{} name ", super::object::kind_name(*kind))),
                }
                self.operand(name);
            }
            Statement::Plain(expr) => stateful::write(self, expr),
            Statement::Text(text) => self.text(text),
        }
    }

    fn part(&mut self, lead: &str, operand: Option<&Operand>) {
        if let Some(operand) = operand {
            self.text(lead);
            self.operand(operand);
        }
    }

    fn nat(&mut self, nat: &Nat) {
        self.text(nat.word);
        if nat.address.is_some() || nat.ports.is_some() {
            self.text(nat.family.unwrap_or(""));
            self.text(if nat.flags & NETMAP != 0 { " prefix to" } else { " to" });
        }
        if let Some(address) = &nat.address {
            self.text(" ");
            if nat.ports.is_some() { self.bracketed(address) } else { self.operand(address) }
        }
        if let Some(ports) = &nat.ports {
            self.text(if nat.address.is_some() { ":" } else { " :" });
            self.operand(ports);
        }
        let named = [(4, "random"), (16, "fully-random"), (8, "persistent")];
        let flags: Vec<&str> = named.iter().filter(|(flag, _)| nat.flags & flag != 0).map(|(_, name)| *name).collect();
        if !flags.is_empty() {
            self.format(format_args!(" {}", flags.join(",")));
        }
    }

    /// An address that a port follows: IPv6 needs brackets.
    fn bracketed(&mut self, address: &Operand) {
        match &address.kind {
            Kind::Number(_) | Kind::Bytes(_) if types::same(address.datatype, &types::IPV6_ADDR) => {
                self.text("[");
                self.operand(address);
                self.text("]");
            }
            Kind::Range(from, to) if types::same(from.datatype, &types::IPV6_ADDR) => {
                self.text("[");
                self.operand(from);
                self.text("]-[");
                self.operand(to);
                self.text("]");
            }
            _ => self.operand(address),
        }
    }

    fn tproxy(&mut self, family: Option<&'static str>, address: Option<&Operand>, port: Option<&Operand>) {
        self.text("tproxy");
        self.text(family.unwrap_or(""));
        self.text(" to");
        if let Some(address) = address {
            self.text(" ");
            self.bracketed(address);
        }
        if let Some(port) = port.filter(|port| port.is_value()) {
            self.text(if address.is_some() { ":" } else { " :" });
            self.operand(port);
        }
    }

    fn reject(&mut self, reject: &Reject) {
        const PORT_UNREACHABLE_X: u8 = 1;
        self.text("reject");
        match (reject.kind, reject.family) {
            (1, _) => self.text(" with tcp reset"),
            (2, _) if reject.code == PORT_UNREACHABLE_X => {}
            (2, _) => {
                self.text(" with icmpx ");
                self.operand(&Operand::number(reject.code.into(), 8, &types::ICMPX_CODE));
            }
            (0, Some((word, datatype, default))) if reject.verbose || reject.code != default => {
                self.format(format_args!(" with {word} "));
                self.operand(&Operand::number(reject.code.into(), 8, datatype));
            }
            _ => {}
        }
    }

    fn update(&mut self, update: &Update) {
        let reference = SetReference { set: update.set, shift: 0 };
        let meter = update.set.flags & 33 == 33 && update.data.is_none() && !update.exprs.is_empty();
        if meter {
            self.format(format_args!("meter {} size {} {{ ", update.set.name, update.set.size.unwrap_or(0)));
        } else {
            self.text(match update.op {
                DynsetOp::Add => "add ",
                DynsetOp::Update => "update ",
                DynsetOp::Delete => "delete ",
            });
            self.set_reference(&reference);
            self.text(" { ");
        }
        self.operand(&update.key);
        if update.timeout > 0 {
            self.format(format_args!(" timeout {}", constant::duration(update.timeout)));
        }
        let outside = std::mem::replace(&mut self.stateless, true);
        for expr in update.exprs {
            self.text(" ");
            stateful::write(self, expr);
        }
        self.stateless = outside;
        self.part(" : ", update.data.as_ref());
        self.text(" }");
    }
}
