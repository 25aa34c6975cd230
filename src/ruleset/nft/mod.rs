//! An nf_tables ruleset as the kernel holds it: tables, chains, rules of expressions, sets and objects.
//!
//! [`decode`] makes it from the raw netlink messages of a snapshot, [`import`] from the text of `nft -j list ruleset`; [`mod@print`] writes it as
//! `nft list ruleset` would; [`expr`] has a file for each kernel expression.

pub mod decode;

pub mod expr;

pub mod set;

pub mod object;

mod language;

pub mod print;

pub mod import;

use serde::Serialize;
use smallvec::SmallVec;

pub use expr::Expr;
pub use object::Object;
pub use set::{Element, Elements, Set};

/// Immediate data of an expression or a set element, in the byte order in which the kernel compares it.
pub type Data = SmallVec<[u8; 16]>;

/// All of one network namespace's nf_tables objects.
#[derive(Debug, Clone, Default)]
pub struct Ruleset {
    /// Tables in the order of the kernel's dump, which is the order of their creation.
    pub tables: Vec<Table>,
    /// What could not be read, each as a sentence for the operator (a truncated dump, rules hidden by the kernel).
    pub incomplete: Vec<String>,
}

/// The nf_tables family of a table (`NFPROTO_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4 and IPv6 (1).
    Inet,
    /// IPv4 (2).
    Ip,
    /// ARP (3).
    Arp,
    /// A device's ingress or egress (5).
    Netdev,
    /// Bridged frames (7).
    Bridge,
    /// IPv6 (10).
    Ip6,
}

impl Family {
    /// From its `NFPROTO_*`.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Inet,
            2 => Self::Ip,
            3 => Self::Arp,
            5 => Self::Netdev,
            7 => Self::Bridge,
            10 => Self::Ip6,
            _ => return None,
        })
    }

    /// Its `NFPROTO_*`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Inet => 1,
            Self::Ip => 2,
            Self::Arp => 3,
            Self::Netdev => 5,
            Self::Bridge => 7,
            Self::Ip6 => 10,
        }
    }

    /// nft's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Ip => "ip",
            Self::Arp => "arp",
            Self::Netdev => "netdev",
            Self::Bridge => "bridge",
            Self::Ip6 => "ip6",
        }
    }
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// The kernel's handle.
    pub handle: u64,
    /// `NFT_TABLE_F_*`; bit 0 is `dormant`: its chains are not hooked.
    pub flags: u32,
    /// `comment "…"`.
    pub comment: Option<String>,
    /// Chains in dump order, which is the order of their creation.
    pub chains: Vec<Chain>,
    /// Named and anonymous sets and maps, in dump order.
    pub sets: Vec<Set>,
    /// Stateful objects (named counters, quotas, limits, ct helpers…), in dump order.
    pub objects: Vec<Object>,
    /// Names of flowtables.
    pub flowtables: Vec<String>,
}

/// One chain with its rules.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// The kernel's handle.
    pub handle: u64,
    /// Present if packets enter it from a hook.
    pub base: Option<Base>,
    /// `NFTA_CHAIN_USE`: rules in it plus jumps, gotos and map elements that lead to it; reveals hidden rules.
    pub use_count: u32,
    /// `NFTA_CHAIN_FLAGS`.
    pub flags: u32,
    /// `comment "…"`.
    pub comment: Option<String>,
    /// Its rules in order.
    pub rules: Vec<Rule>,
}

/// What makes a chain a base chain.
#[derive(Debug, Clone)]
pub struct Base {
    /// `filter`, `nat` or `route`.
    pub kind: String,
    /// The raw hook number; its meaning depends on the family (`NF_INET_*`, or `NF_NETDEV_*`).
    pub hook: u32,
    /// Lower runs first.
    pub priority: i32,
    /// True for `policy drop`.
    pub policy_drop: bool,
    /// For ingress and egress hooks; a name that ends in `*` stands for every device that starts so.
    pub devices: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kernel's handle.
    pub handle: u64,
    /// `comment "…"`.
    pub comment: Option<String>,
    /// Its expressions in order.
    pub exprs: Vec<Expr>,
}
