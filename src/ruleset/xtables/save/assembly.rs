//! Tables in the making, and what commands do to them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    Wrong,
    command::{Command, Verb},
    value,
};
use crate::{
    model::IpVersion,
    ruleset::xtables::{Action, Chain, Counters, Policy, Rule, Table, Target, blob::BUILT_IN, extension::Foreign},
};

/// Tables that were read, and the one that is being read.
#[derive(Default)]
pub struct Assembly {
    pub tables: Vec<Table>,
    /// The table that lines belong to, and whether it waits for its COMMIT.
    current: Option<usize>,
    open: bool,
    /// Its chains by name.
    places: FxHashMap<Box<str>, usize>,
    /// Rules that were read.
    count: usize,
}

impl Assembly {
    /// Whether a table waits for its COMMIT.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// How many rules were read.
    pub fn rules_read(&self) -> usize {
        self.count
    }

    /// `*name`: takes the place of an earlier dump of this table.
    pub fn open(&mut self, name: &str, version: IpVersion) {
        self.tables.retain(|table| (table.version, table.name.as_str()) != (version, name));
        self.tables.push(Table { version, name: name.to_owned(), chains: Vec::new() });
        self.enter(self.tables.len() - 1);
        self.open = true;
    }

    /// `COMMIT`.
    pub fn close(&mut self) {
        self.open = false;
        self.current = None;
    }

    fn enter(&mut self, table: usize) {
        if self.current != Some(table) {
            self.current = Some(table);
            self.places = (0..).zip(&self.tables[table].chains).map(|(at, chain)| ((&*chain.name).into(), at)).collect();
        }
    }

    /// What follows `:` in a table: `NAME POLICY [packets:bytes]`.
    pub fn chain(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_whitespace();
        let (Some(name), Some(policy)) = (words.next(), words.next()) else { return Err("a chain has a name and a policy".into()) };
        let counters = words.next().and_then(value::counters).unwrap_or_default();
        if !self.open {
            return Err("a chain stands outside of a table".into());
        }
        let policy = match policy {
            "-" => None,
            "ACCEPT" => Some(Policy { accept: true, counters }),
            "DROP" => Some(Policy { accept: false, counters }),
            other => return Err(format!("'{other}' is no policy: ACCEPT, DROP or -")),
        };
        self.declare(name, policy);
        Ok(())
    }

    /// A chain; one that is there keeps its rules and takes the policy.
    fn declare(&mut self, name: &str, policy: Option<Policy>) -> usize {
        let Some(table) = self.current.and_then(|at| self.tables.get_mut(at)) else { return 0 };
        match self.places.get(name) {
            Some(at) => {
                if policy.is_some() {
                    table.chains[*at].policy = policy;
                }
                *at
            }
            None => {
                table.chains.push(Chain { name: name.into(), policy, rules: Vec::new() });
                self.places.insert(name.into(), table.chains.len() - 1);
                table.chains.len() - 1
            }
        }
    }

    /// A command: one of a table's lines, or one outside of tables that names its table or means filter.
    pub fn run(&mut self, command: Command, version: IpVersion) -> Result<(), Wrong> {
        if !self.open {
            let name = command.table.as_deref().unwrap_or("filter");
            let found = self.tables.iter().position(|table| (table.version, table.name.as_str()) == (version, name));
            let at = found.unwrap_or_else(|| {
                self.tables.push(Table { version, name: name.to_owned(), chains: Vec::new() });
                self.tables.len() - 1
            });
            self.enter(at);
        }
        match command.verb {
            Verb::New(name) => _ = self.declare(&name, None),
            Verb::Policy(name, accept) => _ = self.declare(&name, Some(Policy { accept, counters: Counters::default() })),
            Verb::Nothing => {}
            Verb::Append(name, mut rules) => {
                let chain = self.find(&name, command.at)?;
                let lost = self.resolved(&mut rules, command.target_at);
                self.count += rules.len();
                self.rules(chain).extend(rules);
                return lost;
            }
            Verb::Insert(name, number, mut rules) => {
                let chain = self.find(&name, command.at)?;
                let lost = self.resolved(&mut rules, command.target_at);
                self.count += rules.len();
                let into = self.rules(chain);
                let at = number.saturating_sub(1).min(into.len());
                into.splice(at..at, rules);
                return lost;
            }
        }
        Ok(())
    }

    fn rules(&mut self, chain: usize) -> &mut Vec<Rule> {
        let table = self.current.unwrap_or_default();
        &mut self.tables[table].chains[chain].rules
    }

    /// A chain by name; a built-in one is there even if no line says so.
    fn find(&mut self, name: &str, at: usize) -> Result<usize, Wrong> {
        match self.places.get(name) {
            Some(chain) => Ok(*chain),
            None if BUILT_IN.contains(&name) => Ok(self.declare(name, Some(Policy { accept: true, counters: Counters::default() }))),
            None => Err(Wrong::new(at, format!("there is no chain {name} in this table"))),
        }
    }

    /// Jumps lead to chains that are there; all rules of one chain's name share it. One that leads nowhere is a target that is not known.
    fn resolved(&self, rules: &mut [Rule], at: usize) -> Result<(), Wrong> {
        let table = self.current.and_then(|at| self.tables.get(at));
        let find = |name: &str| self.places.get(name).and_then(|at| Some(Arc::clone(&table?.chains.get(*at)?.name)));
        let mut lost = None;
        for rule in rules {
            if let Action::Jump(to) | Action::Goto(to) = &mut rule.action {
                match find(to) {
                    Some(name) => *to = name,
                    None => {
                        lost = Some(Wrong::new(at, format!("'{to}' is neither a chain of this table nor a target that is known here")));
                        let foreign = Foreign { name: (&**to).into(), revision: 0, info: Box::default() };
                        rule.action = Action::Target(Target::Foreign(Box::new(foreign)));
                    }
                }
            }
        }
        lost.map_or(Ok(()), Err)
    }
}
