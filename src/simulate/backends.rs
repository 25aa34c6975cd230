//! Chains of both back ends at one priority: which of them runs first depends on which was registered first, and neither the legacy tables
//! nor nf_tables tell (`nf_hook_entries_grow` puts the later one before the earlier one). So every order is tried, and it is open where that
//! matters: to a packet's end, to what it is changed to, and, for a single packet, to the rules that count it.

use super::{
    machine::Machine,
    outcome::{Ending, Event},
    run::Finished,
    space::Space,
    strand::{Strand, Way, gather},
};
use crate::model::{ChainId, Hook, Host, RuleId, Test, Values, chain::Backend};

/// What became of packets in one order of the chains.
struct Tried<S> {
    through: Vec<Strand<S>>,
    ended: Vec<Finished<S>>,
}

/// How packets fared, apart from who decided it.
#[derive(PartialEq)]
struct Fared {
    /// Ended; else through.
    ending: Option<Ending>,
    way: Way,
    /// The rules that counted a single packet, sorted.
    counted: Vec<(Hook, RuleId)>,
}

/// Packets that fared alike in either order: the parts of them in the one, and in the other.
type Pairs<S> = Vec<(Fared, Vec<S>, Vec<S>)>;

impl<S: Space> Machine<'_, S> {
    /// Packets pass chains of one priority, of which `pass` takes an order.
    pub(super) fn in_any_order(
        &mut self,
        chains: &[ChainId],
        strands: Vec<Strand<S>>,
        pass: impl Fn(&mut Self, &[ChainId], Vec<Strand<S>>) -> Vec<Strand<S>>,
    ) -> Vec<Strand<S>> {
        let orders = orders(self.decider.host, chains);
        let [first, others @ ..] = orders.as_slice() else { return strands };
        if others.is_empty() {
            return pass(self, first, strands);
        }
        let mut through = Vec::new();
        for strand in strands {
            let was = strand.way.events.to_vec().len();
            self.decider.undecided.remember();
            let mut open = strand.space.clone();
            let mut same = None;
            let one = self.tried(first, strand.clone(), &pass);
            for order in others {
                self.decider.undecided.repeat();
                let other = self.tried(order, strand.clone(), &pass);
                let (alike, _) = open.alike(pairs(&one, &other, was));
                open = alike.clone();
                same = Some(alike);
            }
            self.decider.undecided.repeat();
            let alike = same.unwrap_or_else(|| strand.space.clone());
            let different = strand.space.clone().without(&alike);
            if different.is_empty() {
                self.finished.extend(one.ended);
                through.extend(one.through);
            } else {
                if !alike.is_empty() {
                    through.extend(pass(self, first, vec![Strand { space: alike, way: strand.way.clone() }]));
                }
                through.extend(self.either(&orders, Strand { space: different, way: strand.way }, &pass));
            }
            self.decider.undecided.forget();
        }
        let mut joined = Vec::new();
        through.into_iter().for_each(|strand| gather(&mut joined, strand));
        joined
    }

    fn tried(
        &mut self,
        order: &[ChainId],
        strand: Strand<S>,
        pass: &impl Fn(&mut Self, &[ChainId], Vec<Strand<S>>) -> Vec<Strand<S>>,
    ) -> Tried<S> {
        let before = std::mem::take(&mut self.finished);
        let through = pass(self, order, vec![strand]);
        Tried { through, ended: std::mem::replace(&mut self.finished, before) }
    }

    /// One of the orders, and it is not known which.
    fn either(
        &mut self,
        orders: &[Vec<ChainId>],
        strand: Strand<S>,
        pass: &impl Fn(&mut Self, &[ChainId], Vec<Strand<S>>) -> Vec<Strand<S>>,
    ) -> Vec<Strand<S>> {
        let words = |id: &ChainId| {
            let chain = &self.decider.host.chains[id.0 as usize];
            let whose = if chain.backend == Backend::Xtables { "legacy " } else { "" };
            format!("{whose}{} {} {}", chain.family, chain.table, chain.name)
        };
        let names: Vec<_> = orders.first().into_iter().flatten().map(words).collect();
        let what = format!("which of {} runs first: they have the same priority", names.join(" and "));
        let choice = self.decider.undecided.unknown(what);
        let mut rest = vec![strand];
        let mut through = Vec::new();
        for (number, order) in (1..).zip(orders) {
            let here = if number == orders.len() as u128 { Test::Always } else { Test::is(choice, Values::one(32, number)) };
            let (strands, others) = self.decider.split_all(rest, &here);
            rest = others;
            self.decider.undecided.repeat();
            through.extend(pass(self, order, strands));
        }
        through
    }
}

/// The orders that are possible: those of nf_tables keep theirs, and so do the legacy ones, which are registered at one time or another.
/// Chains without rules that accept all are alike anywhere.
fn orders(host: &Host, chains: &[ChainId]) -> Vec<Vec<ChainId>> {
    let chain = |id: &ChainId| &host.chains[id.0 as usize];
    let idle = |id: &ChainId| chain(id).rules.is_empty() && chain(id).base.as_ref().is_some_and(|base| !base.policy_drop);
    let (idle, busy): (Vec<ChainId>, Vec<ChainId>) = chains.iter().partition(|id| idle(id));
    let (legacy, own): (Vec<ChainId>, Vec<ChainId>) = busy.into_iter().partition(|id| chain(id).backend == Backend::Xtables);
    let places = if legacy.is_empty() { 0..=0 } else { 0..=own.len() };
    places.map(|at| [&own[..at], &legacy, &own[at..], &idle].concat()).collect()
}

/// Chains of both back ends.
pub fn of_both(host: &Host, chains: &[ChainId]) -> bool {
    let backend = |id: &ChainId| host.chains[id.0 as usize].backend;
    let mut backends = chains.iter().map(backend);
    backends.next().is_some_and(|first| backends.any(|other| other != first))
}

fn pairs<S: Space>(one: &Tried<S>, other: &Tried<S>, was: usize) -> Vec<(Vec<S>, Vec<S>)> {
    let mut pairs: Pairs<S> = Vec::new();
    for (tried, second) in [(one, false), (other, true)] {
        let through = tried.through.iter().map(|strand| (strand, None));
        let ended = tried.ended.iter().map(|finished| (&finished.strand, Some(finished.ending.clone())));
        for (strand, ending) in through.chain(ended) {
            let fared = fared(strand, ending, was);
            let at = pairs.iter().position(|(each, ..)| *each == fared).unwrap_or_else(|| {
                pairs.push((fared, Vec::new(), Vec::new()));
                pairs.len() - 1
            });
            let pair = &mut pairs[at];
            let list = if second { &mut pair.2 } else { &mut pair.1 };
            list.push(strand.space.clone());
        }
    }
    pairs.into_iter().map(|(_, one, other)| (one, other)).collect()
}

fn fared<S: Space>(strand: &Strand<S>, ending: Option<Ending>, was: usize) -> Fared {
    let mut counted: Vec<(Hook, RuleId)> = Vec::new();
    if S::TRACED {
        let matched = |event| if let Event::Matched { hook, rule } = event { Some((hook, rule)) } else { None };
        counted = strand.way.events.to_vec().into_iter().skip(was).filter_map(matched).collect();
        counted.sort_unstable();
    }
    let mut way = Way::default();
    // What a packet that ended was changed to is of no account.
    if ending.is_none() {
        way = Way { passed: smallvec::SmallVec::new(), events: super::events::Events::default(), ..(*strand.way).clone() };
    }
    Fared { ending, way, counted }
}
