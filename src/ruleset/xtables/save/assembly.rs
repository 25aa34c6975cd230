//! Tables in the making, and what commands do to them.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

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
            Verb::Replace(name, number, mut rules) => {
                let chain = self.find(&name, command.at)?;
                let lost = self.resolved(&mut rules, command.target_at);
                let at = self.numbered(chain, number, command.at)?;
                self.rules(chain).splice(at..=at, rules);
                return lost;
            }
            Verb::DeleteAt(name, number) => {
                let chain = self.find(&name, command.at)?;
                let at = self.numbered(chain, number, command.at)?;
                self.rules(chain).remove(at);
            }
            Verb::Delete(name, mut rules) => {
                let chain = self.find(&name, command.at)?;
                self.resolved(&mut rules, command.target_at)?;
                for rule in rules {
                    let same = |each: &Rule| (&each.header, &each.matches, &each.action) == (&rule.header, &rule.matches, &rule.action);
                    let of_chain = self.rules(chain);
                    let at = of_chain.iter().position(same).ok_or_else(|| Wrong::new(command.at, format!("{name} has no such rule")))?;
                    of_chain.remove(at);
                }
            }
            Verb::Flush(Some(name)) => {
                let chain = self.find(&name, command.at)?;
                self.rules(chain).clear();
            }
            Verb::Flush(None) => self.chains().iter_mut().for_each(|chain| chain.rules.clear()),
            Verb::DeleteChain(name) => self.forget(name.as_deref()).map_err(|why| Wrong::new(command.at, why))?,
            Verb::Rename(old, new) => self.rename(&old, &new).map_err(|why| Wrong::new(command.at, why))?,
        }
        Ok(())
    }

    fn chains(&mut self) -> &mut [Chain] {
        self.current.and_then(|at| self.tables.get_mut(at)).map_or(&mut [], |table| table.chains.as_mut_slice())
    }

    /// The index of the rule with this number from 1.
    fn numbered(&mut self, chain: usize, number: usize, at: usize) -> Result<usize, Wrong> {
        let within = number.checked_sub(1).filter(|index| *index < self.rules(chain).len());
        within.ok_or_else(|| Wrong::new(at, format!("there is no rule {number} in this chain")))
    }

    /// Takes away a chain of the operator's own, or all of them: those that are empty and that no rule leads to.
    fn forget(&mut self, wanted: Option<&str>) -> Result<(), String> {
        let Some(table) = self.current.and_then(|at| self.tables.get_mut(at)) else { return Ok(()) };
        let led_to: FxHashSet<Box<str>> =
            table.chains.iter().flat_map(|chain| &chain.rules).filter_map(leads_to).map(|to| (**to).into()).collect();
        let named = |chain: &Chain| chain.policy.is_none() && wanted.is_none_or(|name| *chain.name == *name);
        let kept = |chain: &Chain| !chain.rules.is_empty() || led_to.contains(&*chain.name);
        if wanted.is_some_and(|name| !table.chains.iter().any(|chain| *chain.name == *name && named(chain))) {
            return Err("there is no such chain of the operator's own in this table".into());
        }
        if let Some(chain) = table.chains.iter().find(|chain| named(chain) && kept(chain)) {
            return Err(format!("{} has rules, or rules lead to it", chain.name));
        }
        table.chains.retain(|chain| !named(chain));
        self.places = (0..).zip(&table.chains).map(|(at, chain)| ((&*chain.name).into(), at)).collect();
        Ok(())
    }

    /// Rules go on to lead to a chain by its new name.
    fn rename(&mut self, old: &str, new: &str) -> Result<(), String> {
        let found = self.places.get(old).copied().filter(|_| !BUILT_IN.contains(&old) && !self.places.contains_key(new));
        let at = found.ok_or_else(|| format!("{old} can't be renamed to {new}"))?;
        let name: Arc<str> = Arc::from(new);
        for chain in self.chains() {
            for rule in &mut chain.rules {
                if let Action::Jump(to) | Action::Goto(to) = &mut rule.action
                    && **to == *old
                {
                    *to = Arc::clone(&name);
                }
            }
        }
        if let Some(chain) = self.chains().get_mut(at) {
            chain.name = name;
        }
        self.places.remove(old);
        self.places.insert(new.into(), at);
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

/// The chain that a rule leads to.
fn leads_to(rule: &Rule) -> Option<&Arc<str>> {
    match &rule.action {
        Action::Jump(to) | Action::Goto(to) => Some(to),
        _ => None,
    }
}
