//! One edit of a ruleset: a rule inserted at its place.

use std::sync::Arc;

use super::matching::Matching;
use crate::model::{Chain, ChainId, Host, Rule, Step, Verdict, chain::Backend};

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

    /// The command that makes it on the host, for rules that `nft` owns. None where it takes too many words, or the rule before which it
    /// must stand has no handle.
    #[must_use]
    pub fn command(&self, host: &Host) -> Option<String> {
        let Chain { backend: Backend::NfTables, family, table, name, rules, .. } = host.chains.get(self.chain.0 as usize)? else {
            return None;
        };
        let matching = self.matching.nft(host)?;
        let (table, name) = (quoted(table)?, quoted(name)?);
        Some(match rules.get(self.index) {
            Some(rule) => format!("nft insert rule {family} {table} {name} handle {} {matching} accept", rule.handle?),
            None => format!("nft add rule {family} {table} {name} {matching} accept"),
        })
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
