//! The collected rules as JSON.

use serde::Serialize;

use crate::{
    ruleset::{ipset, xtables},
    site::Site,
};

/// All rules.
#[derive(Debug, Serialize)]
pub struct Rules<'a> {
    pub schema: &'static str,
    pub host: &'a str,
    pub rules: Vec<Rule<'a>>,
    pub ipsets: Vec<Ipset<'a>>,
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

/// One ipset.
#[derive(Debug, Serialize)]
pub struct Ipset<'a> {
    pub name: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The line that creates it, as `ipset save` writes it.
    pub create: String,
    /// Number of elements, if known.
    pub count: Option<u64>,
    /// The lines that add its elements; none if it is too big and was not read.
    pub add: Option<Vec<String>>,
}

fn ipset(set: &ipset::Set) -> Ipset<'_> {
    let line = |write: &dyn Fn(&mut String) -> std::fmt::Result| {
        let mut text = String::new();
        // Writing into a string cannot fail.
        _ = write(&mut text);
        text
    };
    let add = match &set.elements {
        ipset::Elements::Whole(elements) => {
            Some(elements.iter().map(|element| line(&|text| ipset::print::add(set, element, text))).collect::<Vec<_>>())
        }
        ipset::Elements::AskedByKey { .. } | ipset::Elements::Unknown(_) => None,
    };
    Ipset {
        name: &set.name,
        kind: set.kind.map_or(&set.kind_name, |kind| kind.name),
        create: line(&|text| ipset::print::create(set, text)),
        count: add.as_ref().map(|add| add.len() as u64).or(set.options.elements),
        add,
    }
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
                    rule: site.nft_rule(table, rule),
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
    let incomplete =
        site.ruleset.incomplete.iter().chain(&site.legacy.incomplete).chain(&site.ipsets.incomplete).map(String::as_str).collect();
    Rules { schema: "clearway-rules-1", host: &site.snapshot.host, rules, ipsets: site.ipsets.sets.iter().map(ipset).collect(), incomplete }
}
