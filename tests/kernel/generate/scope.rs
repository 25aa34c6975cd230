//! What a rule that is being made may say: its family, the hooks that lead to it, and what its earlier parts have settled.

use super::pool::Version;
use super::sets::Named;

/// A table's family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Ip,
    Ip6,
    Inet,
    Netdev,
}

impl Family {
    /// nft's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Inet => "inet",
            Self::Netdev => "netdev",
        }
    }
}

/// The surroundings of a rule.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    pub family: Family,
    /// Hooks that lead here.
    pub hooks: Vec<&'static str>,
    /// Settled IP version.
    pub version: Option<Version>,
    /// Settled transport protocol.
    pub transport: Option<&'static str>,
    /// Sets and maps of the table.
    pub named: &'a [Named],
    /// Chains that may be jumped to.
    pub targets: &'a [String],
    /// The rule stands in a nat chain.
    pub nat: bool,
}

impl Scope<'_> {
    /// Whether every hook that leads here is one of these.
    pub fn only(&self, hooks: &[&str]) -> bool {
        self.hooks.iter().all(|hook| hooks.contains(hook))
    }

    /// Whether there is connection tracking and routing.
    pub fn inet(&self) -> bool {
        self.family != Family::Netdev
    }
}
