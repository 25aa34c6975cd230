//! Who decided a packet: as JSON, and in words.

use std::borrow::Cow;

use serde::Serialize;

use super::text::plain::line;
use crate::{
    model::{ChainId, Hook, IpVersion, RuleId, chain::Backend},
    owners::Owner,
    simulate::outcome::Decision,
    site::Site,
};

/// Who decided, under the keys of the JSON output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum DecidedBy {
    /// A rule.
    Rule {
        hook: &'static str,
        #[serde(flatten)]
        place: Place,
        handle: Option<u64>,
        /// From 1.
        index: u32,
        rule: String,
    },
    /// A base chain's policy.
    Policy {
        hook: &'static str,
        #[serde(flatten)]
        place: Place,
        policy: bool,
        verdict: &'static str,
    },
    /// Several rules of a base chain and the chains that it calls.
    Several {
        hook: &'static str,
        #[serde(flatten)]
        place: Place,
        several: bool,
    },
    /// Something that is no rule.
    Stage { stage: &'static str, reason: String },
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub backend: &'static str,
    pub family: &'static str,
    pub table: String,
    pub chain: String,
    /// The program that wrote the rule or set the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Rules of the other back end are there, too: it is told of which one this is.
    #[serde(skip)]
    pub both: bool,
}

/// What decided, to be printed.
#[must_use]
pub fn decided_by(site: &Site, version: IpVersion, decision: &Decision) -> DecidedBy {
    match decision {
        Decision::Rule { hook, rule } => rule_at(site, version, *hook, *rule),
        Decision::Policy { hook, chain, drop } => DecidedBy::Policy {
            hook: hook_name(*hook),
            place: place(site, version, *chain, None),
            policy: true,
            verdict: if *drop { "drop" } else { "accept" },
        },
        Decision::Several { hook, chain } => {
            DecidedBy::Several { hook: hook_name(*hook), place: place(site, version, *chain, None), several: true }
        }
        Decision::Stage { stage, reason } => DecidedBy::Stage { stage: stage.name(), reason: reason.clone() },
    }
}

/// A rule, to be printed.
#[must_use]
pub fn rule_at(site: &Site, version: IpVersion, hook: Hook, rule: RuleId) -> DecidedBy {
    DecidedBy::Rule {
        hook: hook_name(hook),
        place: place(site, version, rule.chain, Some(rule.index)),
        handle: site.handle(version, rule),
        index: rule.index + 1,
        rule: site.rule_text(version, rule),
    }
}

fn place(site: &Site, version: IpVersion, id: ChainId, rule: Option<u32>) -> Place {
    let Some(chain) = site.chain(version, id) else {
        return Place { backend: "nf_tables", family: "", table: String::new(), chain: String::new(), owner: None, both: false };
    };
    let backend = match chain.backend {
        Backend::NfTables => "nf_tables",
        Backend::Xtables => "xtables",
    };
    Place {
        backend,
        family: chain.family,
        table: chain.table.clone(),
        chain: chain.name.clone(),
        owner: site.writer(version, id, rule),
        both: site.has_both_back_ends(),
    }
}

/// nft's word for a hook.
#[must_use]
pub const fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Ingress => "ingress",
        Hook::Prerouting => "prerouting",
        Hook::Input => "input",
        Hook::Forward => "forward",
        Hook::Output => "output",
        Hook::Postrouting => "postrouting",
        Hook::Egress => "egress",
        Hook::ArpInput => "input",
        Hook::ArpOutput => "output",
    }
}

impl Place {
    /// `inet filter input`.
    #[must_use]
    pub fn words(&self) -> String {
        let whose = match (self.both, self.backend) {
            (false, _) => "",
            (true, "xtables") => " of the legacy tables",
            (true, _) => " of nf_tables",
        };
        format!("{} {} {}{whose}", self.family, line(&self.table), line(&self.chain))
    }
}

impl DecidedBy {
    /// In a few words, for a table: `inet filter input, rule 3 (handle 12)`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Rule { place, handle: Some(handle), index, .. } => format!("{}, rule {index} (handle {handle})", place.words()),
            Self::Rule { place, handle: None, index, .. } => format!("{}, rule {index}", place.words()),
            Self::Policy { place, verdict, .. } if place.backend == "xtables" => {
                format!("{}, policy {}", place.words(), verdict.to_ascii_uppercase())
            }
            Self::Policy { place, verdict, .. } => format!("{}, policy {verdict}", place.words()),
            Self::Several { place, .. } => format!("{}, several rules", place.words()),
            Self::Stage { stage, reason } => format!("{stage}: {}", line(reason)),
        }
    }

    /// What to call it in a report.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        if matches!(self, Self::Stage { .. }) { "cause" } else { "rule" }
    }

    /// The program that wrote the rule, or set the policy.
    #[must_use]
    pub const fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Rule { place, .. } | Self::Policy { place, .. } | Self::Several { place, .. } => place.owner.as_ref(),
            Self::Stage { .. } => None,
        }
    }

    /// The text of the rule, if it is one.
    #[must_use]
    pub fn rule_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Rule { rule, .. } => Some(line(rule)),
            _ => None,
        }
    }
}
