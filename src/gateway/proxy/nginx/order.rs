//! Faults in the order in which nginx meets what they are about: it stops at the first, so that is the one it names.

use super::{
    super::{Fault, Place},
    tree::Directive,
};

/// More faults than these are told in any order.
const MOST: usize = 200;

/// Sorts faults by the directives at or after which they are.
pub fn sort(main: &[Directive], faults: &mut [Fault]) {
    if !(2..=MOST).contains(&faults.len()) {
        return;
    }
    let mut ranks = vec![usize::MAX; faults.len()];
    let mut next = 0;
    walk(main, &mut next, faults, &mut ranks);
    let mut ranked: Vec<(usize, Fault)> = ranks.into_iter().zip(faults.iter().cloned()).collect();
    ranked.sort_by_key(|(rank, fault)| (*rank, fault.place.line, fault.place.column));
    for (place, (_, fault)) in faults.iter_mut().zip(ranked) {
        *place = fault;
    }
}

fn walk(block: &[Directive], next: &mut usize, faults: &[Fault], ranks: &mut [usize]) {
    for directive in block {
        *next += 1;
        for (fault, rank) in faults.iter().zip(ranks.iter_mut()) {
            if begins_before(directive, &fault.place) {
                *rank = *next;
            }
        }
        walk(directive.children(), next, faults, ranks);
    }
}

fn begins_before(directive: &Directive, place: &Place) -> bool {
    directive.file == place.file && (directive.name.at.line, directive.name.at.column) <= (place.line, place.column)
}
