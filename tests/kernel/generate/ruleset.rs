//! Whole rulesets: tables, chains, and how they hang together.

use std::fmt::Write as _;

use super::nat;
use super::random::Random;
use super::rule::{Rule, rule};
use super::scope::{Family, Scope};
use super::sets::{Named, declare};

/// A ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruleset {
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub family: Family,
    pub name: String,
    pub dormant: bool,
    pub sets: Vec<Named>,
    /// User chains first, so that a jump leads to what is already there: each jumps only to those before it.
    pub chains: Vec<Chain>,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub name: String,
    /// `type … hook … priority …; policy …;` of a base chain.
    pub base: Option<String>,
    pub rules: Vec<Rule>,
}

const HOOKS: [&str; 5] = ["prerouting", "input", "forward", "output", "postrouting"];
const PRIORITIES: [i32; 14] = [-450, -300, -201, -199, -199, -150, -1, 0, 0, 0, 0, 1, 50, 300];

impl Ruleset {
    /// The text for `nft -f`, one rule a line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            let dormant = if table.dormant { " flags dormant;" } else { "" };
            let _ = writeln!(text, "table {} {} {{{dormant}", table.family.word(), table.name);
            for set in &table.sets {
                let word = if set.map { "map" } else { "set" };
                let elements =
                    if set.elements.is_empty() { String::new() } else { format!("elements = {{ {} }};", set.elements.join(", ")) };
                let _ = writeln!(text, "\t{word} {} {{ {} {elements} }}", set.name, set.header);
            }
            for chain in &table.chains {
                let _ = writeln!(text, "\tchain {} {{", chain.name);
                if let Some(base) = &chain.base {
                    let _ = writeln!(text, "\t\t{base}");
                }
                for rule in &chain.rules {
                    let _ = writeln!(text, "\t\t{}", rule.text());
                }
                text.push_str("\t}\n");
            }
            text.push_str("}\n");
        }
        text
    }

    /// Takes the rules that stand on these lines of [`Self::text`] away; true if there were any.
    pub fn without_lines(&mut self, lines: &[usize]) -> bool {
        let mut line = 0;
        let mut found = false;
        for table in &mut self.tables {
            line += 1 + table.sets.len();
            for chain in &mut table.chains {
                line += 1 + usize::from(chain.base.is_some());
                chain.rules.retain(|_| {
                    line += 1;
                    let refused = lines.contains(&line);
                    found |= refused;
                    !refused
                });
                line += 1;
            }
            line += 1;
        }
        found
    }

    /// Whether connections are translated.
    pub fn translates(&self) -> bool {
        let mut chains = self.tables.iter().flat_map(|table| &table.chains);
        chains.any(|chain| chain.base.as_ref().is_some_and(|base| base.starts_with("type nat")))
    }

    /// Number of its rules.
    pub fn rules(&self) -> usize {
        self.tables.iter().flat_map(|table| &table.chains).map(|chain| chain.rules.len()).sum()
    }
}

/// Makes a ruleset.
pub fn ruleset(random: &mut Random) -> Ruleset {
    let mut number = 0;
    let tables = (0..random.one(&[1, 1, 2, 2, 3]))
        .map(|index| {
            let family = random.weighted(&[(40, Family::Inet), (25, Family::Ip), (25, Family::Ip6), (10, Family::Netdev)]);
            table(random, family, format!("t{index}"), &mut number)
        })
        .collect();
    Ruleset { tables }
}

fn table(random: &mut Random, family: Family, name: String, number: &mut usize) -> Table {
    let sets = declare(random, family);
    let hooks: Vec<&'static str> = match family {
        Family::Netdev => {
            random.pick::<[&'static str]>(&[&["ingress"], &["ingress", "ingress"], &["ingress", "egress"], &["egress"]]).to_vec()
        }
        Family::Inet if random.percent(10) => vec!["ingress", "prerouting", "output", "postrouting"],
        _ => (0..random.between(2, 6)).map(|_| random.pick(&HOOKS)).collect(),
    };
    let translating: Vec<&'static str> = match family {
        Family::Netdev => Vec::new(),
        _ if random.percent(30) => (0..random.between(1, 3))
            .map(|_| random.pick(&["prerouting", "prerouting", "output", "postrouting", "postrouting", "input"]))
            .collect(),
        _ => Vec::new(),
    };
    let mut chains: Vec<Chain> = Vec::new();
    let mut targets = Vec::new();
    let all: Vec<&'static str> = hooks.iter().chain(&translating).copied().collect();
    for index in 0..random.between(0, 4) {
        let name = format!("user{index}");
        let scope = Scope { hooks: all.clone(), ..scope(family, &sets, &targets) };
        chains.push(Chain { rules: rules(random, &scope, number), name: name.clone(), base: None });
        targets.push(name);
    }
    for (index, hook) in hooks.iter().enumerate() {
        let base = base(random, hook);
        let rules = rules(random, &Scope { hooks: vec![hook], ..scope(family, &sets, &targets) }, number);
        chains.push(Chain { name: format!("{hook}{index}"), base: Some(base), rules });
    }
    for (index, hook) in translating.iter().enumerate() {
        let policy = if random.percent(5) { "drop" } else { "accept" };
        let base = format!("type nat hook {hook} priority {}; policy {policy};", random.one(&nat::PRIORITIES));
        let rules = rules(random, &Scope { hooks: vec![hook], nat: true, ..scope(family, &sets, &targets) }, number);
        chains.push(Chain { name: format!("nat{hook}{index}"), base: Some(base), rules });
    }
    Table { family, name, dormant: random.percent(3), sets, chains }
}

fn scope<'a>(family: Family, named: &'a [Named], targets: &'a [String]) -> Scope<'a> {
    Scope { family, hooks: Vec::new(), version: None, transport: None, named, targets, nat: false }
}

fn base(random: &mut Random, hook: &str) -> String {
    let policy = if random.percent(12) { "drop" } else { "accept" };
    let kind = if hook == "output" && random.percent(20) { "route" } else { "filter" };
    let devices: &[&str] = match hook {
        "ingress" => &[" device \"eth0\"", " device \"eth1\"", " device \"lo\"", " devices = { \"eth0\", \"eth1\" }"],
        "egress" => &[" device \"eth0\"", " device \"eth1\"", " devices = { \"eth0\", \"eth1\" }"],
        _ => &[""],
    };
    format!("type {kind} hook {hook}{} priority {}; policy {policy};", random.pick(devices), priority(random))
}

/// Seldom that of connection tracking or of translation: a tie with them is open.
fn priority(random: &mut Random) -> i32 {
    if random.percent(2) { random.one(&[-200, -100, 100]) } else { random.one(&PRIORITIES) }
}

fn rules(random: &mut Random, scope: &Scope, number: &mut usize) -> Vec<Rule> {
    (0..random.between(1, 7))
        .map(|_| {
            *number += 1;
            rule(random, &mut scope.clone(), format!("r{number}"))
        })
        .collect()
}
