//! Did the kernel show every rule? It caps the size of a message, and a rule that is too big for one ends the dump without an error: the rule
//! and all that follow it in its chain stay hidden from every program. The chain's use count gives them away.

use rustc_hash::FxHashMap;

use crate::ruleset::nft::{Chain, Elements, Expr, Ruleset, Set, Table, expr::ImmediateValue, expr::Verdict, set::ElementValue};

/// `NFT_DATA_VERDICT`.
const VERDICT: u32 = 0xffff_ff00;
/// `NFT_SET_TIMEOUT`.
const TIMEOUT: u32 = 0x10;
/// `NFT_CHAIN_BINDING`: the anonymous chain of a `jump { … }`.
const BINDING: u32 = 4;

/// Says so in [`Ruleset::incomplete`] if a chain is used more (or less) than what was read of it accounts for.
pub fn check(ruleset: &mut Ruleset) {
    let Ruleset { tables, incomplete } = ruleset;
    for table in tables {
        let leads = Leads::of(table);
        incomplete.extend(table.chains.iter().filter_map(|chain| leads.complaint(table, chain)));
    }
}

/// What leads to the chains of a table: `nft_verdict_init` counts each jump and goto of a rule or map element as a use.
struct Leads<'a> {
    known: FxHashMap<&'a str, usize>,
    /// There are verdict maps whose elements are not all known.
    more: bool,
}

impl<'a> Leads<'a> {
    fn of(table: &'a Table) -> Self {
        let mut known = FxHashMap::default();
        let of_rules = table.chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| &rule.exprs).filter_map(|expr| match expr {
            Expr::Immediate(immediate) => match &immediate.value {
                ImmediateValue::Verdict(verdict) => Some(verdict),
                ImmediateValue::Data(_) => None,
            },
            _ => None,
        });
        let maps = table.sets.iter().filter(|set| set.data_type == Some(VERDICT));
        let of_maps = maps.clone().filter_map(whole).flatten().filter_map(|element| match &element.value {
            Some(ElementValue::Verdict(verdict)) => Some(verdict),
            _ => None,
        });
        for verdict in of_rules.chain(of_maps) {
            if let Verdict::Jump(chain) | Verdict::Goto(chain) = verdict {
                *known.entry(chain.as_ref()).or_default() += 1;
            }
        }
        // An element that has timed out is not dumped, but counts until it is collected.
        let more = maps.clone().any(|map| whole(map).is_none() || map.flags & TIMEOUT != 0);
        Self { known, more }
    }

    fn complaint(&self, table: &Table, chain: &Chain) -> Option<String> {
        let seen = chain.rules.len() + self.known.get(chain.name.as_str()).copied().unwrap_or(0);
        let used = usize::try_from(chain.use_count).unwrap_or(usize::MAX);
        // `nf_tables_bind_chain` counts an anonymous chain's rule once more; before Linux 6.5 (and its backports) it did not.
        let uncounted = usize::from(chain.flags & BINDING != 0);
        let name = format!("{} {} {}", table.family.name(), table.name, chain.name);
        if used > seen + uncounted && !self.more {
            Some(format!(
                "the kernel did not show every rule of chain {name}: it counts {used} uses of the chain, {seen} of them were seen"
            ))
        } else if used < seen {
            Some(format!(
                "chain {name} has more rules or jumps to it ({seen}) than the kernel counts ({used}): it changed while it was read"
            ))
        } else {
            None
        }
    }
}

/// A set's elements if all are known.
fn whole(set: &Set) -> Option<&Vec<crate::ruleset::nft::Element>> {
    match &set.elements {
        Elements::Whole(elements) => Some(elements),
        Elements::AskedByKey { .. } => None,
    }
}
