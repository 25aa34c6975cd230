//! Whose rule is it? Programs that write rules are told by the names of their tables, chains and sets, and by their comments; a file each.
//!
//! A rule that nobody is known to have written is its operator's own.

mod place;

mod calico;

mod cni;

mod crowdsec;

mod csf;

mod docker;

mod fail2ban;

mod firewalld;

mod istio;

mod kube_proxy;

mod libvirt;

mod lxd;

mod netavark;

mod shorewall;

mod ufw;

use serde::Serialize;

pub use place::{of_nft, of_xtables, programs};

/// The program that wrote a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Owner {
    /// Its name: `ufw`, `firewalld`.
    pub name: &'static str,
    /// What of it the rule belongs to: `zone public`, `jail sshd`, `application Nginx Full`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What the chain is for, or where its rules come from, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// What is known of a rule or policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    pub table: &'a str,
    pub chain: &'a str,
    /// The rule's comment.
    pub comment: Option<&'a str>,
    /// The chain that it leads to.
    pub leads_to: Option<&'a str>,
    /// Sets that it reads.
    pub sets: &'a [&'a str],
    /// All chains of its table.
    pub chains: &'a [&'a str],
}

/// All of them, the more certain ones first.
const KNOWN: [fn(&Place<'_>) -> Option<Owner>; 14] = [
    fail2ban::owner,
    crowdsec::owner,
    ufw::owner,
    firewalld::owner,
    docker::owner,
    netavark::owner,
    libvirt::owner,
    lxd::owner,
    kube_proxy::owner,
    calico::owner,
    cni::owner,
    istio::owner,
    csf::owner,
    shorewall::owner,
];

/// Who wrote a rule, if that can be told.
#[must_use]
pub fn owner(place: &Place<'_>) -> Option<Owner> {
    KNOWN.iter().find_map(|owner| owner(place))
}

impl Owner {
    fn new(name: &'static str) -> Self {
        Self { name, part: None, note: None }
    }

    fn part(self, part: impl Into<Option<String>>) -> Self {
        Self { part: part.into(), ..self }
    }

    fn note(self, note: impl Into<Option<&'static str>>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// In a few words: `ufw: its rules, "ufw status numbered" lists them`.
    #[must_use]
    pub fn words(&self) -> String {
        let more: Vec<&str> = self.part.as_deref().into_iter().chain(self.note).collect();
        if more.is_empty() { self.name.to_owned() } else { format!("{}: {}", self.name, more.join(", ")) }
    }
}

impl<'a> Place<'a> {
    /// The chain that the rule stands in, then the one that it leads to.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        [Some(self.chain), self.leads_to].into_iter().flatten()
    }

    /// What follows one of these beginnings in the name of its chain, or of the chain that it leads to.
    fn after(&self, beginnings: &[&str]) -> Option<&'a str> {
        self.names().find_map(|name| beginnings.iter().find_map(|beginning| name.strip_prefix(beginning)))
    }

    /// A policy or rule of a built-in chain.
    fn is_built_in(&self) -> bool {
        matches!(self.chain, "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING")
    }
}

#[cfg(test)]
mod tests;
