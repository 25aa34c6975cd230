//! One edit of a ruleset: a rule inserted at its place.

use std::sync::Arc;

use super::{iptables, matching::Matching};
use crate::model::{Chain, ChainId, Host, Rule, Step, Verdict};

/// An accept rule, inserted before the rule with this index (or at the end of its chain).
#[derive(Debug, Clone)]
pub struct Edit {
    /// The chain.
    pub chain: ChainId,
    /// Index of the rule before which it stands; the number of rules means the end.
    pub index: usize,
    pub(super) matching: Matching,
}

impl Edit {
    /// Makes the edit in a model.
    pub fn apply(&self, host: &mut Host) {
        let Some(chain) = host.chains.get_mut(self.chain.0 as usize) else { return };
        let mut steps: Vec<Step> = self.matching.tests().into_iter().map(Step::Test).collect();
        steps.push(Step::Verdict(Verdict::Accept));
        let at = self.index.min(chain.rules.len());
        Arc::make_mut(&mut chain.rules).insert(at, Rule { handle: None, steps });
    }

    /// The commands that make it on the host, in the words of the program that the chain's rules belong to. None where it takes too many
    /// words, or the rule of nft before which it must stand has no handle.
    #[must_use]
    pub fn commands(&self, host: &Host) -> Option<Vec<String>> {
        let chain = host.chains.get(self.chain.0 as usize)?;
        if chain.program == "nft" { Some(vec![self.of_nft(chain, host)?]) } else { self.of_iptables(chain, host) }
    }

    fn of_nft(&self, chain: &Chain, host: &Host) -> Option<String> {
        let Chain { family, table, name, rules, .. } = chain;
        let matching = self.matching.nft(host)?;
        let (table, name) = (quoted(table)?, quoted(name)?);
        Some(match rules.get(self.index) {
            Some(rule) => format!("nft insert rule {family} {table} {name} handle {} {matching} accept", rule.handle?),
            None => format!("nft add rule {family} {table} {name} {matching} accept"),
        })
    }

    /// Before a rule by its number, from 1, or at the end.
    fn of_iptables(&self, chain: &Chain, host: &Host) -> Option<Vec<String>> {
        let Chain { program, table, name, rules, .. } = chain;
        let name = quoted(name)?;
        let table = if table == "filter" { String::new() } else { format!(" -t {}", quoted(table)?) };
        let place = if self.index < rules.len() { format!("-I {name} {}", self.index + 1) } else { format!("-A {name}") };
        let options = iptables::options(&self.matching, host)?;
        Some(options.iter().map(|options| format!("{program}{table} {place} {options} -j ACCEPT")).collect())
    }

    /// What it opens, in words.
    #[must_use]
    pub fn opens(&self, host: &Host) -> String {
        self.matching.nft(host).unwrap_or_default()
    }
}

/// A name as the shell and nft take it; names of other characters get no command.
fn quoted(name: &str) -> Option<&str> {
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.' | '/');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}
