//! The kernel's expressions, one file each: what each holds, and how it is read from its netlink attributes.
//!
//! To add an expression: a file here with its struct and its `decode`, a variant of [`Expr`] and its line in [`Expr::decode`];
//! then its meaning in `lower/nft` and its text in `ruleset/nft/print`. An expression that is none of these is [`Expr::Unknown`].

use std::borrow::Cow;

mod bitwise;
mod byteorder;
mod cmp;
mod compat;
mod connlimit;
mod counter;
mod ct;
mod dup;
mod dynset;
mod exthdr;
mod fib;
mod fwd;
mod hash;
mod immediate;
mod limit;
mod log;
mod lookup;
mod masq;
mod meta;
mod nat;
mod numgen;
mod objref;
mod payload;
mod queue;
mod quota;
mod range;
mod redir;
mod reject;
mod rt;
mod socket;
mod synproxy;
mod tproxy;
mod verdict;

pub use bitwise::{Bitwise, BitwiseOp, BooleanOp};
pub use byteorder::Byteorder;
pub use cmp::{Cmp, CmpOp};
pub use compat::Compat;
pub use connlimit::Connlimit;
pub use counter::Counter;
pub use ct::Ct;
pub use dup::Dup;
pub use dynset::{Dynset, DynsetOp};
pub use exthdr::Exthdr;
pub use fib::Fib;
pub use fwd::Fwd;
pub use hash::Hash;
pub use immediate::{Immediate, ImmediateValue};
pub use limit::Limit;
pub use log::Log;
pub use lookup::Lookup;
pub use masq::Masq;
pub use meta::Meta;
pub use nat::Nat;
pub use numgen::Numgen;
pub use objref::Objref;
pub use payload::{Payload, PayloadBase};
pub use queue::Queue;
pub use quota::Quota;
pub use range::Range;
pub use redir::Redir;
pub use reject::Reject;
pub use rt::Rt;
pub use socket::Socket;
pub use synproxy::Synproxy;
pub use tproxy::Tproxy;
pub use verdict::Verdict;

use super::decode::attributes::{optional, parse, register, string};

/// One expression of a rule.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Expr {
    Bitwise(Bitwise),
    Byteorder(Byteorder),
    Cmp(Cmp),
    Connlimit(Connlimit),
    Counter(Counter),
    Ct(Ct),
    Dup(Dup),
    Dynset(Dynset),
    Exthdr(Exthdr),
    Fib(Fib),
    Fwd(Fwd),
    Hash(Hash),
    Immediate(Immediate),
    Limit(Limit),
    Log(Log),
    Lookup(Lookup),
    Masq(Masq),
    Meta(Meta),
    Nat(Nat),
    Notrack,
    Numgen(Numgen),
    Objref(Objref),
    Payload(Payload),
    Queue(Queue),
    Quota(Quota),
    Range(Range),
    Redir(Redir),
    Reject(Reject),
    Rt(Rt),
    Socket(Socket),
    Synproxy(Synproxy),
    Tproxy(Tproxy),
    /// A match or target of xtables (iptables-nft).
    Compat(Compat),
    /// An expression that is not modelled; `attributes` are its raw netlink attributes.
    Unknown {
        name: String,
        attributes: Vec<u8>,
    },
}

/// A register as a byte offset into the kernel's 64 bytes of data registers (`nft_parse_register`): `NFT_REG_1` is 0,
/// `NFT_REG_2` 16, `NFT_REG32_00` 0, `NFT_REG32_01` 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reg(pub u8);

impl Expr {
    /// From its netlink attributes (`nf_tables_fill_expr_info`).
    pub(super) fn decode(attributes: &[u8]) -> Self {
        let (name, data) = name_and_data(attributes);
        Self::decode_named(&name, data)
    }

    /// The expression of this name, if all of it is understood.
    pub(super) fn decode_named(name: &str, data: &[u8]) -> Self {
        let expr = match name {
            "bitwise" => Bitwise::decode(data).map(Self::Bitwise),
            "byteorder" => Byteorder::decode(data).map(Self::Byteorder),
            "cmp" => Cmp::decode(data).map(Self::Cmp),
            "ct" => Ct::decode(data).map(Self::Ct),
            "dup" => Dup::decode(data).map(Self::Dup),
            "dynset" => Dynset::decode(data).map(Self::Dynset),
            "exthdr" => Exthdr::decode(data).map(Self::Exthdr),
            "fib" => Fib::decode(data).map(Self::Fib),
            "fwd" => Fwd::decode(data).map(Self::Fwd),
            "hash" => Hash::decode(data).map(Self::Hash),
            "immediate" => Immediate::decode(data).map(Self::Immediate),
            "log" => Log::decode(data).map(Self::Log),
            "lookup" => Lookup::decode(data).map(Self::Lookup),
            "masq" => Masq::decode(data).map(Self::Masq),
            "match" => Compat::decode(data, false).map(Self::Compat),
            "meta" => Meta::decode(data).map(Self::Meta),
            "nat" => Nat::decode(data).map(Self::Nat),
            "notrack" => data.is_empty().then_some(Self::Notrack),
            "numgen" => Numgen::decode(data).map(Self::Numgen),
            "objref" => Objref::decode(data).map(Self::Objref),
            "payload" => Payload::decode(data).map(Self::Payload),
            "queue" => Queue::decode(data).map(Self::Queue),
            "range" => Range::decode(data).map(Self::Range),
            "redir" => Redir::decode(data).map(Self::Redir),
            "reject" => Reject::decode(data).map(Self::Reject),
            "rt" => Rt::decode(data).map(Self::Rt),
            "socket" => Socket::decode(data).map(Self::Socket),
            "synproxy" => Synproxy::decode(data).map(Self::Synproxy),
            "target" => Compat::decode(data, true).map(Self::Compat),
            "tproxy" => Tproxy::decode(data).map(Self::Tproxy),
            _ => return Self::decode_stateful_named(name, data),
        };
        expr.unwrap_or_else(|| Self::Unknown { name: name.into(), attributes: data.into() })
    }

    /// An expression of a set's element or a dynset: the kernel takes only those that keep a state (`NFT_EXPR_STATEFUL`), and as none of
    /// them holds another expression, whatever the bytes say, there is no recursion.
    pub(super) fn decode_stateful(attributes: &[u8]) -> Self {
        let (name, data) = name_and_data(attributes);
        Self::decode_stateful_named(&name, data)
    }

    fn decode_stateful_named(name: &str, data: &[u8]) -> Self {
        let expr = match name {
            "connlimit" => Connlimit::decode(data).map(Self::Connlimit),
            "counter" => Counter::decode(data).map(Self::Counter),
            "limit" => Limit::decode(data).map(Self::Limit),
            "quota" => Quota::decode(data).map(Self::Quota),
            _ => None,
        };
        expr.unwrap_or_else(|| Self::Unknown { name: name.into(), attributes: data.into() })
    }
}

/// `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`. What does not read as these is all data, of an expression without a name.
fn name_and_data(attributes: &[u8]) -> (Cow<'_, str>, &[u8]) {
    match parse(attributes) {
        Some([_, Some(name), data]) => (String::from_utf8_lossy(string(name)), data.unwrap_or_default()),
        _ => (Cow::Borrowed(""), attributes),
    }
}

/// The registers of an expression that either loads (into a destination) or stores (from a source).
fn load_or_store(dest: Option<&[u8]>, source: Option<&[u8]>) -> Option<(Option<Reg>, Option<Reg>)> {
    let registers = (optional(dest, register)?, optional(source, register)?);
    (registers.0.is_some() != registers.1.is_some()).then_some(registers)
}

/// Flags of which only bit 0, "inverted", exists (`NFT_LOOKUP_F_INV`, `NFT_LIMIT_F_INV` and their like).
fn invert(flags: Option<u32>) -> Option<bool> {
    match flags.unwrap_or(0) {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
