//! Makes a case smaller while it still fails.

use super::{Case, ruleset::Ruleset};

/// The smallest case found that `fails`: fewer packets, tables, chains, rules and parts of rules.
pub fn shrink(case: &Case, fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    loop {
        let before = size(&best);
        packets(&mut best, fails);
        for take in [table, chain, rule, part] {
            let mut at = 0;
            loop {
                let mut smaller = best.clone();
                if !take(&mut smaller.ruleset, at) {
                    break;
                }
                if fails(&smaller) {
                    best = smaller;
                } else {
                    at += 1;
                }
            }
        }
        if size(&best) == before {
            return best;
        }
    }
}

fn size(case: &Case) -> usize {
    case.ruleset.text().len() + case.packets.len()
}

/// Ever smaller runs of packets.
fn packets(best: &mut Case, fails: &mut dyn FnMut(&Case) -> bool) {
    let mut run = best.packets.len() / 2;
    while run > 0 {
        let mut at = 0;
        while at < best.packets.len() && best.packets.len() > 1 {
            let mut smaller = best.clone();
            smaller.packets.drain(at..(at + run).min(best.packets.len()));
            if !smaller.packets.is_empty() && fails(&smaller) {
                *best = smaller;
            } else {
                at += run;
            }
        }
        run /= 2;
    }
}

fn table(ruleset: &mut Ruleset, at: usize) -> bool {
    remove(&mut ruleset.tables, &mut { at })
}

/// A chain of the operator's own that nothing leads to.
fn chain(ruleset: &mut Ruleset, mut at: usize) -> bool {
    ruleset.tables.iter_mut().any(|table| {
        let targets: Vec<_> = table.chains.iter().flat_map(|chain| &chain.rules).map(|rule| rule.target.clone()).collect();
        let unused = |name: &str| !targets.iter().any(|target| target.ends_with(&format!(" {name}")));
        let found = table.chains.iter().enumerate().filter(|(_, chain)| chain.policy.is_none() && unused(&chain.name)).nth(at);
        let count = table.chains.iter().filter(|chain| chain.policy.is_none() && unused(&chain.name)).count();
        match found.map(|(index, _)| index) {
            Some(index) => {
                table.chains.remove(index);
                true
            }
            None => {
                at -= count;
                false
            }
        }
    })
}

fn rule(ruleset: &mut Ruleset, mut at: usize) -> bool {
    ruleset.tables.iter_mut().flat_map(|table| &mut table.chains).any(|chain| remove(&mut chain.rules, &mut at))
}

fn part(ruleset: &mut Ruleset, mut at: usize) -> bool {
    let chains = ruleset.tables.iter_mut().flat_map(|table| &mut table.chains);
    chains.flat_map(|chain| &mut chain.rules).any(|rule| remove(&mut rule.matches, &mut at))
}

/// Removes the item at this index, if it is within, else counts on.
fn remove<T>(items: &mut Vec<T>, at: &mut usize) -> bool {
    let within = *at < items.len();
    if within {
        items.remove(*at);
    } else {
        *at -= items.len();
    }
    within
}
