//! A chain of the very priority of connection tracking: which of the two runs first depends on which was registered first, and that on
//! rules that may be gone (`nf_ct_netns_get` at the first rule that needs it, kept while any does). So it is open, where it matters.

use super::{
    conntrack,
    machine::Machine,
    space::Space,
    strand::{Strand, Tracking},
};
use crate::model::{
    Bits, ChainId, Field, Hook, Step, Test, Values, Verdict,
    chain::ChainKind,
    set::{Content, Data},
};

impl<S: Space> Machine<'_, S> {
    /// Whether a chain of this hook stands where connection tracking does, and its rules can tell which came first.
    pub(super) fn ties_with_conntrack(&self, hook: Hook) -> bool {
        let host = self.decider.host;
        host.chains_at(hook).iter().any(|id| {
            let base = host.chains[id.0 as usize].base.as_ref();
            base.is_some_and(|base| base.priority == conntrack::PRIORITY && base.kind != ChainKind::Nat) && self.is_about_connections(*id)
        })
    }

    /// The packets that are tracked before such a chain, and those that are tracked after it.
    pub(super) fn before_or_after(&mut self, strands: Vec<Strand<S>>) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let (open, seen): (Vec<_>, Vec<_>) =
            strands.into_iter().partition(|strand| matches!(strand.way.tracking, Tracking::Unseen | Tracking::Template));
        if open.is_empty() {
            return (seen, Vec::new());
        }
        let (mut before, after) = self.one_or_other(open, "whether connection tracking runs before a chain of its own priority");
        before.extend(seen);
        (before, after)
    }

    /// The packets on either side of a question that can't be told.
    pub(super) fn one_or_other(&mut self, strands: Vec<Strand<S>>, question: &str) -> (Vec<Strand<S>>, Vec<Strand<S>>) {
        let choice = self.decider.undecided.unknown(question.into());
        self.decider.split_all(strands, &Test::is(choice, Values::one(32, 1)))
    }

    /// Whether a rule of the chain, or of one that it leads to, has to do with connections.
    fn is_about_connections(&self, chain: ChainId) -> bool {
        let host = self.decider.host;
        let mut reached = vec![chain];
        let mut at = 0;
        while let Some(chain) = reached.get(at).copied() {
            at += 1;
            for step in host.chains[chain.0 as usize].rules.iter().flat_map(|rule| &rule.steps) {
                if touches(step) {
                    return true;
                }
                let next: Vec<&Verdict> = match step {
                    Step::Verdict(verdict) => vec![verdict],
                    Step::Look { map, .. } => match &host.sets[map.0 as usize].content {
                        Content::Elements { elements, catch_all } => {
                            let data = elements.iter().filter_map(|element| element.data.as_ref()).chain(catch_all.iter().flatten());
                            data.filter_map(|data| if let Data::Verdict(verdict) = data { Some(verdict) } else { None }).collect()
                        }
                        _ => Vec::new(),
                    },
                    _ => Vec::new(),
                };
                for verdict in next {
                    if let Verdict::Jump(target) | Verdict::Goto(target) = verdict
                        && !reached.contains(target)
                    {
                        reached.push(*target);
                    }
                }
            }
        }
        false
    }
}

fn touches(step: &Step) -> bool {
    match step {
        Step::Test(test) | Step::Hotdrop(test) => asks(test),
        Step::Notrack | Step::Template { .. } => true,
        Step::Write { field, bits } | Step::Flip { field, bits, .. } => is_about(*field) || reads(bits),
        Step::Add { when, .. } => asks(when),
        Step::Look { key, .. } => key.iter().any(reads),
        Step::Learn { key, when, .. } => asks(when) || key.iter().any(reads),
        _ => false,
    }
}

fn asks(test: &Test) -> bool {
    match test {
        Test::In { field, .. } => is_about(*field),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(asks),
        Test::Not(test) => asks(test),
        Test::Holds { key, .. } => key.iter().any(reads),
        Test::Always | Test::Never | Test::Condition(_) => false,
    }
}

fn reads(bits: &Bits) -> bool {
    bits.fields().any(is_about)
}

fn is_about(field: Field) -> bool {
    conntrack::is_of_connection(field)
        || matches!(
            field,
            Field::CtState
                | Field::CtOriginalSource
                | Field::CtOriginalDestination
                | Field::CtOriginalSourcePort
                | Field::CtOriginalDestinationPort
        )
}
