//! The names of one table as its rules see them.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    model::{self, ChainId},
    ruleset::nft::{
        Family, Set, Table,
        expr::{Expr, Verdict},
    },
};

/// Names of a table.
pub struct Scope<'a> {
    pub table: &'a Table,
    /// Index of the table in the ruleset.
    pub index: usize,
    chains: FxHashMap<&'a str, ChainId>,
    sets: FxHashMap<&'a str, usize>,
    /// Sets that rules change.
    learning: FxHashSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// `first` is the number of the table's first chain.
    #[must_use]
    pub fn new(table: &'a Table, index: usize, first: u32) -> Self {
        let mut learning = FxHashSet::default();
        let exprs = table.chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs);
        learning.extend(exprs.filter_map(|expr| if let Expr::Dynset(dynset) = expr { Some(dynset.set.as_str()) } else { None }));
        Self {
            table,
            index,
            chains: table.chains.iter().zip(first..).map(|(chain, id)| (chain.name.as_str(), ChainId(id))).collect(),
            sets: table.sets.iter().enumerate().map(|(at, set)| (set.name.as_str(), at)).collect(),
            learning,
        }
    }

    /// Whether its chains are hooked to a device, where packets are frames.
    #[must_use]
    pub fn is_netdev(&self) -> bool {
        self.table.family == Family::Netdev
    }

    /// Whether its packets are ARP messages.
    #[must_use]
    pub fn is_arp(&self) -> bool {
        self.table.family == Family::Arp
    }

    /// A set with its index in the table.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<(usize, &'a Set)> {
        let at = *self.sets.get(name)?;
        Some((at, self.table.sets.get(at)?))
    }

    /// Whether packets may change a set.
    #[must_use]
    pub fn learns(&self, set: &Set) -> bool {
        self.learning.contains(set.name.as_str())
    }

    /// A verdict; None if it leads to a chain that is not there.
    #[must_use]
    pub fn verdict(&self, verdict: &Verdict) -> Option<model::Verdict> {
        /// `NF_VERDICT_FLAG_QUEUE_BYPASS`.
        const BYPASS: u32 = 0x8000;
        Some(match verdict {
            Verdict::Accept => model::Verdict::Accept,
            Verdict::Drop => model::Verdict::Drop,
            Verdict::Queue(code) => model::Verdict::Queue { bypass: code & BYPASS != 0 },
            Verdict::Continue => model::Verdict::Continue,
            Verdict::Break => model::Verdict::Break,
            Verdict::Return => model::Verdict::Return,
            Verdict::Jump(chain) => model::Verdict::Jump(*self.chains.get(&**chain)?),
            Verdict::Goto(chain) => model::Verdict::Goto(*self.chains.get(&**chain)?),
        })
    }
}
