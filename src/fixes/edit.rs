//! One edit of a model: a rule inserted at its place, a rule taken out, a setting changed.

use std::sync::Arc;

use super::{matching::Matching, setting::Setting};
use crate::model::{ChainId, Host, Rule, RuleId, Step, Verdict};

/// A change of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// An accept rule before the rule with this index, or at the end of its chain.
    Insert {
        /// The chain.
        chain: ChainId,
        /// Index of the rule before which it stands; the number of rules means the end.
        index: usize,
        /// What it accepts.
        matching: Matching,
    },
    /// A rule goes.
    Remove(RuleId),
    /// A setting of an interface changes.
    Set(Setting),
}

impl Edit {
    /// Makes the edit in a model.
    pub fn apply(&self, host: &mut Host) {
        match self {
            Self::Insert { chain, index, matching } => {
                host.conntrack |= matching.reads_connection();
                let Some(chain) = host.chains.get_mut(chain.0 as usize) else { return };
                let mut steps: Vec<Step> = matching.tests(host.version).into_iter().map(Step::Test).collect();
                steps.push(Step::Verdict(Verdict::Accept));
                let at = (*index).min(chain.rules.len());
                Arc::make_mut(&mut chain.rules).insert(at, Rule { handle: None, steps });
            }
            Self::Remove(rule) => {
                let Some(chain) = host.chains.get_mut(rule.chain.0 as usize) else { return };
                if (rule.index as usize) < chain.rules.len() {
                    Arc::make_mut(&mut chain.rules).remove(rule.index as usize);
                }
            }
            Self::Set(setting) => setting.apply(host),
        }
    }

    /// The index that a rule has in a chain before this edit, from the one after it; none for the edit's own rule.
    #[must_use]
    pub fn index_before(&self, chain: ChainId, index: usize) -> Option<usize> {
        match self {
            Self::Insert { chain: own, index: at, .. } if *own == chain => match index.cmp(at) {
                std::cmp::Ordering::Less => Some(index),
                std::cmp::Ordering::Equal => None,
                std::cmp::Ordering::Greater => Some(index - 1),
            },
            Self::Remove(rule) if rule.chain == chain && index >= rule.index as usize => Some(index + 1),
            _ => Some(index),
        }
    }
}
