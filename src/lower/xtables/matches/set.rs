//! `-m set` (`match_set`, xt_set.c).

use super::Meaning;
use crate::{
    lower::{
        context::Context,
        ipset::{self, Query},
    },
    model::{Test, step::ConditionKind},
    ruleset::xtables::matches::{
        Set,
        set::{Compare, Count},
    },
};

/// The set matches, or does not.
#[must_use]
pub fn meaning(set: &Set, context: &mut Context<'_>) -> Meaning {
    let name = context.ipsets.shown(&set.set);
    let counters = counters(set, &name);
    let query = Query { set: &set.set, exceptions: set.exceptions, counters: counters.as_deref() };
    let test = if set.physical {
        Test::Condition(context.condition(ConditionKind::Unknown, format!("ipset {name} by the port of a bridge")))
    } else {
        ipset::test(&query, context)
    };
    Meaning::test(if set.inverted { test.negate() } else { test })
}

/// What is asked of the element's counters.
fn counters(set: &Set, name: &str) -> Option<String> {
    let told = |name: &str, count: Option<Count>| {
        count.map(|Count { compare, value }| {
            let compare = match compare {
                Compare::Equal => "=",
                Compare::NotEqual => "!=",
                Compare::Less => "<",
                Compare::Greater => ">",
            };
            format!("{name} {compare} {value}")
        })
    };
    let asked: Vec<_> = [told("packets", set.packets), told("bytes", set.bytes)].into_iter().flatten().collect();
    (!asked.is_empty()).then(|| format!("an element of ipset {name} has counted {}", asked.join(" and ")))
}
