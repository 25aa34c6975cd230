//! `-j SET` (`set_target_v3`, xt_set.c).

use crate::{
    lower::{
        context::Context,
        ipset::{self, Query},
    },
    model::Step,
    ruleset::xtables::targets::Set,
};

/// Adds, deletes, then maps; goes on with the next rule whatever comes of it.
#[must_use]
pub fn meaning(set: &Set, context: &mut Context<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (reference, delete) in [(&set.add, false), (&set.delete, true)] {
        if let Some(reference) = reference {
            steps.extend(ipset::learn(reference, delete, set.timeout, context));
        }
    }
    if let Some(reference) = &set.map {
        let query = Query { set: reference, exceptions: false, counters: None };
        steps.extend(ipset::map(&query, set.map_mark, set.map_priority, context));
    }
    steps
}
