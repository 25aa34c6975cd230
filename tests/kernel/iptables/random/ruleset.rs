//! Tables, chains and rules, kept in parts so that shrinking can take single ones away.

use super::{matches, targets};
use crate::generate::Random;
use crate::lab::iptables::Version;

/// A ruleset.
#[derive(Debug, Clone)]
pub struct Ruleset {
    pub version: Version,
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    pub chains: Vec<Chain>,
}

/// A chain.
#[derive(Debug, Clone)]
pub struct Chain {
    pub name: String,
    /// Of a built-in one.
    pub policy: Option<&'static str>,
    pub rules: Vec<Rule>,
}

/// A rule: its matches, and its target, which may be empty.
#[derive(Debug, Clone)]
pub struct Rule {
    pub matches: Vec<String>,
    pub target: String,
}

/// Where a rule stands: what may be asked and done there.
#[derive(Debug, Clone)]
pub struct Place {
    pub version: Version,
    pub table: &'static str,
    /// Built-in chains that lead here.
    pub hooks: Vec<&'static str>,
    /// Chains that it may jump to.
    pub below: Vec<String>,
    /// `-p` was given.
    pub protocol: Option<&'static str>,
}

/// Tables and their built-in chains.
const TABLES: [(&str, &[&str]); 4] = [
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
];

impl Ruleset {
    /// Makes one.
    pub fn random(random: &mut Random, version: Version) -> Self {
        let tables = TABLES.into_iter().filter(|(name, _)| random.percent(if *name == "nat" { 30 } else { 70 })).collect::<Vec<_>>();
        Self { version, tables: tables.into_iter().map(|(name, hooks)| table(random, version, name, hooks)).collect() }
    }

    /// As `iptables-restore` reads it.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for table in &self.tables {
            lines.push(format!("*{}", table.name));
            lines.extend(table.chains.iter().map(|chain| format!(":{} {} [0:0]", chain.name, chain.policy.unwrap_or("-"))));
            for chain in &table.chains {
                lines.extend(chain.rules.iter().map(|rule| format!("-A {} {} {}", chain.name, rule.matches.join(" "), rule.target)));
            }
            lines.push("COMMIT".to_owned());
        }
        lines.join("\n") + "\n"
    }
}

fn table(random: &mut Random, version: Version, name: &'static str, built_in: &[&'static str]) -> Table {
    let own: Vec<String> = (0..random.below(4)).map(|number| format!("{name}-{number}")).collect();
    let mut chains = Vec::new();
    for hook in built_in {
        let policy = if random.percent(12) && name != "nat" { "DROP" } else { "ACCEPT" };
        let place = Place { version, table: name, hooks: vec![hook], below: own.clone(), protocol: None };
        chains.push(Chain { name: (*hook).to_owned(), policy: Some(policy), rules: rules(random, &place, 5) });
    }
    for (at, chain) in own.iter().enumerate() {
        // Only downwards: no loops.
        let place = Place { version, table: name, hooks: built_in.to_vec(), below: own[at + 1..].to_vec(), protocol: None };
        chains.push(Chain { name: chain.clone(), policy: None, rules: rules(random, &place, 4) });
    }
    Table { name, chains }
}

fn rules(random: &mut Random, place: &Place, most: usize) -> Vec<Rule> {
    (0..random.between(0, most))
        .map(|_| {
            let mut place = place.clone();
            let matches = matches::matches(random, &mut place);
            Rule { matches, target: targets::target(random, &place) }
        })
        .collect()
}
