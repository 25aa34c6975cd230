//! Makes a case smaller while it still fails.

use crate::generate::Case;

/// The smallest case found that `fails`, taking away packets, tables, chains, rules, parts of rules, sets and elements, one after the other.
pub fn shrink(case: &Case, fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    keep_few(&mut best, fails);
    loop {
        let before = size(&best);
        for take in [table, chain, rule, part, set, element] {
            let mut at = 0;
            loop {
                let mut smaller = best.clone();
                if !take(&mut smaller, at) {
                    break;
                }
                if fails(&smaller) {
                    best = smaller;
                } else {
                    at += 1;
                }
            }
        }
        keep_few(&mut best, fails);
        if size(&best) == before {
            return best;
        }
    }
}

/// Packets: first ever smaller runs of them, which ends with single ones.
fn keep_few(best: &mut Case, fails: &mut dyn FnMut(&Case) -> bool) {
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

fn size(case: &Case) -> usize {
    case.ruleset.text().len() + case.packets.len()
}

fn table(case: &mut Case, at: usize) -> bool {
    remove(&mut case.ruleset.tables, at)
}

fn chain(case: &mut Case, mut at: usize) -> bool {
    case.ruleset.tables.iter_mut().any(|table| remove_within(&mut table.chains, &mut at))
}

fn rule(case: &mut Case, mut at: usize) -> bool {
    case.ruleset.tables.iter_mut().flat_map(|table| &mut table.chains).any(|chain| remove_within(&mut chain.rules, &mut at))
}

fn part(case: &mut Case, mut at: usize) -> bool {
    let chains = case.ruleset.tables.iter_mut().flat_map(|table| &mut table.chains);
    chains.flat_map(|chain| &mut chain.rules).any(|rule| remove_within(&mut rule.parts, &mut at))
}

fn set(case: &mut Case, mut at: usize) -> bool {
    case.ruleset.tables.iter_mut().any(|table| remove_within(&mut table.sets, &mut at))
}

fn element(case: &mut Case, mut at: usize) -> bool {
    case.ruleset.tables.iter_mut().flat_map(|table| &mut table.sets).any(|set| remove_within(&mut set.elements, &mut at))
}

/// Removes the item at this index, if it is within, else counts on.
fn remove_within<T>(items: &mut Vec<T>, at: &mut usize) -> bool {
    let removed = remove(items, *at);
    if !removed {
        *at -= items.len();
    }
    removed
}

fn remove<T>(items: &mut Vec<T>, at: usize) -> bool {
    let within = at < items.len();
    if within {
        items.remove(at);
    }
    within
}
