//! Chains and rules.

use std::sync::Arc;

use super::Step;

/// Number of a chain in [`super::Host::chains`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId(pub u32);

/// A rule: the chain it is in, and its index there, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    pub chain: ChainId,
    pub index: u32,
}

/// A point of the packet's path where base chains are hooked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    Ingress,
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
    Egress,
    ArpInput,
    ArpOutput,
}

/// Which of the kernel's rule engines holds a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    NfTables,
    Xtables,
}

/// A chain of rules.
#[derive(Debug, Clone)]
pub struct Chain {
    pub backend: Backend,
    /// The program that changes it as its operator would: `nft`, `iptables`, `ip6tables-legacy`…
    pub program: &'static str,
    /// nft's word: ip, ip6, inet, netdev, bridge, arp; also for legacy.
    pub family: &'static str,
    pub table: String,
    pub name: String,
    /// Present if a hook leads into it.
    pub base: Option<Base>,
    /// Shared by the copies of a model on which fixes are tried.
    pub rules: Arc<Vec<Rule>>,
}

/// What makes a chain a base chain.
#[derive(Debug, Clone)]
pub struct Base {
    pub hook: Hook,
    /// `filter`, `nat` or `route`.
    pub kind: ChainKind,
    pub priority: i32,
    /// True: what runs off the end is dropped.
    pub policy_drop: bool,
    /// Indexes of the interfaces of an ingress or egress chain.
    pub devices: Vec<u32>,
}

/// The type of a base chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainKind {
    Filter,
    Nat,
    /// A changed mark, address or TOS in output routes the packet anew.
    Route,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kernel's handle; none for legacy iptables.
    pub handle: Option<u64>,
    pub steps: Vec<Step>,
}
