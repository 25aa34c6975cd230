//! The kernel's expressions, one file each: what each holds, and how it is read from its netlink attributes.
//!
//! To add an expression: a file here with its struct and its `decode`, a variant of [`Expr`] and its line in [`Expr::decode`];
//! then its meaning in `lower/nft` and its text in `ruleset/nft/print`. An expression that is none of these is [`Expr::Unknown`].

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

/// A verdict held by an immediate or a verdict map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accept,
    Drop,
    /// `queue`, with the queue number and its bypass bit in the raw code.
    Queue(u32),
    Continue,
    Break,
    Return,
    Jump(Box<str>),
    Goto(Box<str>),
}
