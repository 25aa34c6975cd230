//! The collected rules as JSON.

use serde::Serialize;

use crate::{
    ruleset::{nft::print, xtables},
    site::Site,
};

/// All rules.
#[derive(Debug, Serialize)]
pub struct Rules<'a> {
    pub schema: &'static str,
    pub host: &'a str,
    pub rules: Vec<Rule<'a>>,
    /// What could not be read.
    pub incomplete: Vec<&'a str>,
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct Rule<'a> {
    pub backend: &'static str,
    pub family: &'static str,
    pub table: &'a str,
    pub chain: &'a str,
    /// None of legacy iptables.
    pub handle: Option<u64>,
    /// From 1.
    pub index: usize,
    pub rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'a str>,
}

/// Every rule of every table.
#[must_use]
pub fn rules(site: &Site) -> Rules<'_> {
    let mut rules = Vec::new();
    for table in &site.ruleset.tables {
        for chain in &table.chains {
            for (at, rule) in chain.rules.iter().enumerate() {
                rules.push(Rule {
                    backend: "nf_tables",
                    family: table.family.name(),
                    table: &table.name,
                    chain: &chain.name,
                    handle: Some(rule.handle),
                    index: at + 1,
                    rule: print::rule(table, rule, &|index| site.interface(index)),
                    comment: rule.comment.as_deref(),
                });
            }
        }
    }
    for table in &site.legacy.tables {
        for chain in &table.chains {
            for (at, rule) in chain.rules.iter().enumerate() {
                rules.push(Rule {
                    backend: "xtables",
                    family: xtables::family(table.version),
                    table: &table.name,
                    chain: &chain.name,
                    handle: None,
                    index: at + 1,
                    rule: xtables::print::without_chain(rule, table.version),
                    comment: rule.comment(),
                });
            }
        }
    }
    let incomplete = site.ruleset.incomplete.iter().chain(&site.legacy.incomplete).map(String::as_str).collect();
    Rules { schema: "clearway-rules-1", host: &site.snapshot.host, rules, incomplete }
}
