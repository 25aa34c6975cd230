//! How many packets rules have met, by their own counters.

use std::sync::OnceLock;

use super::Site;
use crate::{
    lower::Origin,
    model::{ChainId, IpVersion, RuleId},
    ruleset::{
        nft::{self, Expr},
        xtables,
    },
    snapshot::{NftRecord, traffic::Later},
};

/// Rules with their counters, read a second time: decoded when first asked for.
#[derive(Default)]
pub(super) struct Again(OnceLock<(nft::Ruleset, xtables::Ruleset)>);

/// What a counter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits {
    /// Packets since the counter began.
    pub packets: u64,
    /// How many more there were at the second reading, and after how many milliseconds that was; none without one.
    pub more: Option<(u64, u64)>,
}

impl Again {
    fn get(&self, later: &Later) -> &(nft::Ruleset, xtables::Ruleset) {
        self.0.get_or_init(|| {
            let record = NftRecord {
                tables: later.tables.clone(),
                chains: later.chains.clone(),
                rules: later.rules.clone(),
                ..NftRecord::default()
            };
            (nft::decode::decode(&record), xtables::blob::decode(&later.legacy))
        })
    }
}

impl Site {
    /// How many packets a rule, or without one its chain's policy, has met; none where nothing counts just those.
    #[must_use]
    pub fn hits(&self, version: IpVersion, chain: ChainId, rule: Option<u32>) -> Option<Hits> {
        let later = self.snapshot.traffic.later.as_ref();
        let again = later.map(|later| self.again.get(later));
        let (packets, then) = match self.lowered(version).origin(chain)? {
            Origin::Nft { .. } => {
                let id = RuleId { chain, index: rule? };
                let (table, rule) = self.nftables_rule(version, id)?;
                let name = &self.chain(version, chain)?.name;
                (counted(rule)?, again.and_then(|(rules, _)| counted(same_nft(rules, table, name, rule.handle)?)))
            }
            Origin::Xtables { table, chain } => {
                let table = self.legacy.tables.get(table)?;
                let now = packets(table.chains.get(chain)?, rule)?;
                (now, again.and_then(|(_, rules)| packets(same_legacy(rules, table, chain)?, rule)))
            }
        };
        // Who replaced the rules meanwhile began to count anew.
        let more = later.and_then(|later| Some((then?.checked_sub(packets)?, later.after)));
        Some(Hits { packets, more })
    }
}

/// The packets that came as far as the end of a rule: a counter behind which nothing asks for more.
fn counted(rule: &nft::Rule) -> Option<u64> {
    for expr in rule.exprs.iter().rev() {
        match expr {
            Expr::Counter(counter) => return Some(counter.packets),
            Expr::Immediate(_) | Expr::Reject(_) | Expr::Log(_) => {}
            Expr::Compat(compat) if compat.target => {}
            _ => return None,
        }
    }
    None
}

fn same_nft<'a>(rules: &'a nft::Ruleset, table: &nft::Table, chain: &str, handle: u64) -> Option<&'a nft::Rule> {
    let table = rules.tables.iter().find(|each| (each.family, &each.name) == (table.family, &table.name))?;
    table.chains.iter().find(|each| each.name == chain)?.rules.iter().find(|each| each.handle == handle)
}

/// Rules of legacy tables have no names: the same place is the same rule as long as there are as many.
fn same_legacy<'a>(rules: &'a xtables::Ruleset, table: &xtables::Table, chain: usize) -> Option<&'a xtables::Chain> {
    let same = rules.tables.iter().find(|each| (each.version, &each.name) == (table.version, &table.name))?.chains.get(chain)?;
    let before = table.chains.get(chain)?;
    (same.name == before.name && same.rules.len() == before.rules.len()).then_some(same)
}

fn packets(chain: &xtables::Chain, rule: Option<u32>) -> Option<u64> {
    match rule {
        Some(rule) => Some(chain.rules.get(rule as usize)?.counters.packets),
        None => Some(chain.policy.as_ref()?.counters.packets),
    }
}
