//! What is known of a rule or policy, from either back end.

use super::{Owner, Place, owner};
use crate::ruleset::{
    nft::{
        self,
        expr::{Compat, Expr, ImmediateValue, Verdict},
    },
    xtables,
};

/// Who wrote a rule of nf_tables, or set a chain's policy, if that can be told.
#[must_use]
pub fn of_nft(table: &nft::Table, chain: &nft::Chain, rule: Option<&nft::Rule>) -> Option<Owner> {
    let chains: Vec<&str> = table.chains.iter().map(|chain| &*chain.name).collect();
    let exprs = rule.map_or(&[][..], |rule| &rule.exprs);
    let sets: Vec<&str> = exprs.iter().filter_map(set).collect();
    let compat = exprs.iter().find_map(comment);
    owner(&Place {
        table: &table.name,
        chain: &chain.name,
        comment: rule.and_then(|rule| rule.comment.as_deref()).or(compat.as_deref()),
        leads_to: exprs.iter().find_map(target),
        sets: &sets,
        chains: &chains,
    })
}

/// Who wrote a rule of legacy iptables, or set a chain's policy, if that can be told.
#[must_use]
pub fn of_xtables(table: &xtables::Table, chain: &xtables::Chain, rule: Option<&xtables::Rule>) -> Option<Owner> {
    let chains: Vec<&str> = table.chains.iter().map(|chain| &*chain.name).collect();
    let sets: Vec<&str> = rule.map(|rule| rule.sets().filter_map(|set| set.name.as_deref()).collect()).unwrap_or_default();
    owner(&Place {
        table: &table.name,
        chain: &chain.name,
        comment: rule.and_then(xtables::Rule::comment),
        leads_to: rule.and_then(|rule| match &rule.action {
            xtables::Action::Jump(chain) | xtables::Action::Goto(chain) => Some(&**chain),
            _ => None,
        }),
        sets: &sets,
        chains: &chains,
    })
}

/// The programs that have rules here, in the order in which their chains stand.
#[must_use]
pub fn programs(nft: &nft::Ruleset, legacy: &xtables::Ruleset) -> Vec<&'static str> {
    let nft = nft.tables.iter().map(|table| (&*table.name, table.chains.iter().map(|chain| &*chain.name).collect::<Vec<_>>()));
    let legacy = legacy.tables.iter().map(|table| (&*table.name, table.chains.iter().map(|chain| &*chain.name).collect()));
    let mut found = Vec::new();
    for (table, chains) in nft.chain(legacy) {
        for chain in &chains {
            let place = Place { table, chain, ..Place::default() };
            // What the neighbours tell is asked for the few built-in chains only, not for every one of thousands.
            let place = if place.is_built_in() { Place { chains: &chains, ..place } } else { place };
            if let Some(owner) = owner(&place).filter(|owner| !found.contains(&owner.name)) {
                found.push(owner.name);
            }
        }
    }
    found
}

/// The set that an expression reads or writes.
fn set(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Lookup(lookup) => Some(&lookup.set),
        Expr::Dynset(dynset) => Some(&dynset.set),
        _ => None,
    }
}

/// The chain that an expression leads to.
fn target(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Immediate(immediate) => match &immediate.value {
            ImmediateValue::Verdict(Verdict::Jump(chain) | Verdict::Goto(chain)) => Some(chain),
            _ => None,
        },
        _ => None,
    }
}

/// The text of a comment that iptables-nft kept as a match of xtables.
fn comment(expr: &Expr) -> Option<String> {
    let Expr::Compat(Compat { target: false, name, info, .. }) = expr else { return None };
    (name == "comment").then(|| String::from_utf8_lossy(info.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned())
}
