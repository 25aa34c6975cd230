//! The machine: packets walk a chain, rule by rule.
//!
//! Mirrors `nft_do_chain` (nf_tables_core.c): a rule runs until an expression breaks it off; accept ends the base chain; return, or running
//! off the end, leads back to the caller, and from a base chain to its policy.

use super::{
    decide::Decider,
    outcome::{Decision, Ending, Event},
    run::Finished,
    space::Space,
    stage::Stage,
    strand::{Strand, gather},
};
use crate::model::{ChainId, Hook, Rule, RuleId, Step, Verdict, values::Relation};

/// Deeper than any chain that the kernel loads (`NFT_JUMP_STACK_SIZE` is 16).
const DEPTH_LIMIT: usize = 64;

/// More visits to chains than this in one run: jumps that fork at every level take the power of their depth, and a snapshot may hold any.
const VISIT_LIMIT: usize = 1 << 22;

/// More strands than this in one chain: the packets fare in too many ways to follow.
const STRAND_LIMIT: usize = 20_000;

/// The same of a single packet that is traced: no two ways of it are alike, and each undecided thing doubles them.
const TRACE_LIMIT: usize = 512;

/// Walks packets through the chains of one host.
pub struct Machine<'a, S> {
    /// Decides tests.
    pub decider: Decider<'a>,
    /// Packets whose way has ended.
    pub finished: Vec<Finished<S>>,
    /// The hook in which packets are.
    pub hook: Hook,
    /// Visits to chains so far.
    pub visits: usize,
}

/// Where packets go from the rules of one chain.
pub(super) struct Ways<S> {
    /// Accepted by the base chain.
    pub accepted: Vec<Strand<S>>,
    /// Back to the caller.
    pub returned: Vec<Strand<S>>,
    /// On to the next rule.
    pub onward: Vec<Strand<S>>,
}

/// A rule being run.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub id: RuleId,
    pub rule: &'a Rule,
    pub depth: usize,
}

impl<'a, S: Space> Machine<'a, S> {
    /// Packets walk a base chain; gives those that it accepts.
    pub fn base_chain(&mut self, id: ChainId, mut strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        for strand in &mut strands {
            strand.note(|| Event::Chain(id));
        }
        let mut accepted = Vec::new();
        let returned = self.chain(id, strands, &mut accepted, 0);
        let drop = self.decider.host.chains[id.0 as usize].base.as_ref().is_some_and(|base| base.policy_drop);
        let decision = Decision::Policy { hook: self.hook, chain: id, drop };
        for mut strand in returned {
            if drop {
                self.end(strand, Ending::Drop, decision.clone());
            } else {
                strand.way.passed.push(decision.clone());
                gather(&mut accepted, strand);
            }
        }
        accepted
    }

    /// Packets walk a chain; gives those that return from it.
    fn chain(&mut self, id: ChainId, entering: Vec<Strand<S>>, accepted: &mut Vec<Strand<S>>, depth: usize) -> Vec<Strand<S>> {
        let host = self.decider.host;
        let mut here = entering;
        let mut ways = Ways { accepted: std::mem::take(accepted), returned: Vec::new(), onward: Vec::new() };
        self.visits += 1;
        if self.visits > VISIT_LIMIT {
            self.give_up(here, "chains jump too often");
            here = Vec::new();
        } else if depth > DEPTH_LIMIT {
            self.give_up(here, "chains jump too deep");
            here = Vec::new();
        }
        for (index, rule) in (0..).zip(host.chains[id.0 as usize].rules.iter()) {
            let running = Running { id: RuleId { chain: id, index }, rule, depth };
            let mut at = 0;
            while let Some(strand) = here.get(at) {
                match self.first_doing(strand, rule) {
                    None => at += 1,
                    Some(step) => {
                        let strand = here.swap_remove(at);
                        self.rule(running, strand, step, &mut ways);
                    }
                }
            }
            for strand in ways.onward.drain(..) {
                gather(&mut here, strand);
            }
            if here.len() > if S::TRACED { TRACE_LIMIT } else { STRAND_LIMIT } {
                self.give_up(std::mem::take(&mut here), "packets fare in too many different ways here");
            }
            if here.is_empty() {
                break;
            }
        }
        *accepted = ways.accepted;
        for strand in here {
            gather(&mut ways.returned, strand);
        }
        ways.returned
    }

    /// The first step of the rule that does anything to these packets but let all of them by; none if they all fail before it gets to do
    /// more than test. Tests change nothing, so it does not matter in which order packets fail them.
    fn first_doing(&self, strand: &Strand<S>, rule: &Rule) -> Option<usize> {
        let mut parting = None;
        for (at, step) in rule.steps.iter().enumerate() {
            let test = match step {
                Step::Test(test) => test,
                Step::Hotdrop(test) if self.decider.relation(strand, test) == Relation::Outside => continue,
                _ => return parting.or(Some(at)),
            };
            match self.decider.relation(strand, test) {
                Relation::Inside => {}
                Relation::Outside => return None,
                Relation::Across => _ = parting.get_or_insert(at),
            }
        }
        parting.or(Some(rule.steps.len()))
    }

    /// Runs a rule from one of its steps on.
    fn rule(&mut self, running: Running<'a>, strand: Strand<S>, from: usize, ways: &mut Ways<S>) {
        self.decider.undecided.at = Some((self.hook, running.id));
        let counts = S::TRACED && running.rule.steps.iter().any(|step| matches!(step, Step::Count));
        // Strand, next step, whether the rule has been counted. A rule is short; only tests, maps and conditions fork.
        let mut open = vec![(strand, from, false)];
        while let Some((mut strand, at, counted)) = open.pop() {
            match running.rule.steps.get(at) {
                None => {
                    self.matched(&mut strand, running.id, counted || counts);
                    ways.onward.push(strand.next_rule());
                }
                Some(Step::Test(test)) => {
                    let (yes, no) = self.decider.split(strand, test);
                    ways.onward.extend(no.into_iter().map(Strand::next_rule));
                    open.extend(yes.into_iter().map(|strand| (strand, at + 1, counted)));
                }
                Some(Step::Hotdrop(test)) => {
                    let (dropped, others) = self.decider.split(strand, test);
                    for strand in dropped {
                        self.end(strand, Ending::Drop, Decision::Rule { hook: self.hook, rule: running.id });
                    }
                    open.extend(others.into_iter().map(|strand| (strand, at + 1, counted)));
                }
                Some(Step::Count) => {
                    self.matched(&mut strand, running.id, counted);
                    open.push((strand, at + 1, true));
                }
                Some(Step::Verdict(verdict)) => {
                    self.matched(&mut strand, running.id, counted || counts);
                    self.verdict(running, strand, verdict, ways);
                }
                Some(Step::Look { key, map, register }) => {
                    for (mut strand, found) in self.look(strand, key, *map) {
                        match (found, register) {
                            (Found::Words(words), Some(first)) => {
                                strand.load(*first, &words);
                                open.push((strand, at + 1, counted));
                            }
                            // Not the rule's end: the kernel leaves the loop over its expressions only for another verdict.
                            (Found::Verdict(Verdict::Continue), _) => open.push((strand, at + 1, counted)),
                            (Found::Verdict(verdict), _) => {
                                self.matched(&mut strand, running.id, counted || counts);
                                self.verdict(running, strand, &verdict, ways);
                            }
                            (Found::Nothing, _) | (Found::Words(_), None) => open.push((strand, at + 1, counted)),
                            (Found::Miss, _) => ways.onward.push(strand.next_rule()),
                            (Found::Unknown(why), _) => self.end_unknown(strand, running.id, why),
                        }
                    }
                }
                Some(Step::Nat(nat)) => {
                    self.matched(&mut strand, running.id, counted || counts);
                    self.translate(strand, nat, running.id, ways);
                }
                Some(Step::Opaque(condition)) => {
                    let (ends, breaks, goes_on) = self.opaque(strand, *condition);
                    let why = self.decider.host.conditions[condition.0 as usize].text.clone();
                    for strand in ends {
                        self.end_unknown(strand, running.id, why.clone());
                    }
                    ways.onward.extend(breaks.into_iter().map(Strand::next_rule));
                    open.extend(goes_on.into_iter().map(|strand| (strand, at + 1, counted)));
                }
                Some(Step::EditOption { option, edit }) => {
                    let (goes_on, breaks) = self.edit_option(strand, option, *edit, running.id);
                    ways.onward.extend(breaks.into_iter().map(Strand::next_rule));
                    open.extend(goes_on.into_iter().map(|strand| (strand, at + 1, counted)));
                }
                Some(step) => {
                    let (goes_on, breaks) = self.effect(strand, step);
                    ways.onward.extend(breaks.into_iter().map(Strand::next_rule));
                    open.extend(goes_on.into_iter().map(|strand| (strand, at + 1, counted)));
                }
            }
        }
    }

    fn matched(&self, strand: &mut Strand<S>, rule: RuleId, already: bool) {
        if !already {
            let hook = self.hook;
            strand.note(|| Event::Matched { hook, rule });
        }
    }

    /// A rule ends with a verdict.
    fn verdict(&mut self, running: Running<'a>, mut strand: Strand<S>, verdict: &Verdict, ways: &mut Ways<S>) {
        let decision = Decision::Rule { hook: self.hook, rule: running.id };
        match verdict {
            Verdict::Accept => self.accept(strand, running.id, ways),
            Verdict::Drop => self.end(strand, Ending::Drop, decision),
            Verdict::Reject(answer) => self.end(strand, Ending::Reject(*answer), decision),
            Verdict::Return => gather(&mut ways.returned, strand.next_rule()),
            Verdict::Continue | Verdict::Break => ways.onward.push(strand.next_rule()),
            Verdict::Jump(target) | Verdict::Goto(target) => {
                strand = strand.next_rule();
                let back = self.chain(*target, vec![strand], &mut ways.accepted, running.depth + 1);
                // A goto's end leads to whoever called the chain that it stands in.
                let into = if matches!(verdict, Verdict::Jump(_)) { &mut ways.onward } else { &mut ways.returned };
                for strand in back {
                    gather(into, strand);
                }
                self.decider.undecided.at = Some((self.hook, running.id));
            }
            Verdict::Queue { bypass } => {
                let why =
                    if *bypass { "a program decides; accepted if none listens" } else { "a program decides; dropped if none listens" };
                self.end_unknown(strand, running.id, why.into());
            }
            Verdict::Stolen => self.end_unknown(strand, running.id, "the kernel takes the packet out of the path".into()),
        }
    }

    /// The base chain accepts.
    pub(super) fn accept(&mut self, strand: Strand<S>, rule: RuleId, ways: &mut Ways<S>) {
        let mut strand = strand.next_rule();
        strand.way.passed.push(Decision::Rule { hook: self.hook, rule });
        ways.accepted.push(strand);
    }

    /// Packets end here.
    pub fn end(&mut self, strand: Strand<S>, ending: Ending, decision: Decision) {
        self.finished.push(Finished::stopped(strand.next_rule(), ending, decision));
    }

    pub(super) fn end_unknown(&mut self, strand: Strand<S>, rule: RuleId, why: String) {
        self.end(strand, Ending::Unknown(why), Decision::Rule { hook: self.hook, rule });
    }

    fn give_up(&mut self, strands: Vec<Strand<S>>, why: &str) {
        for strand in strands {
            let decision = Decision::Stage { stage: Stage::Limit, reason: why.into() };
            self.end(strand, Ending::Unknown(why.into()), decision);
        }
    }
}

/// What a map has for packets.
pub(super) enum Found {
    /// Data for registers.
    Words(smallvec::SmallVec<[u32; 4]>),
    /// A verdict.
    Verdict(Verdict),
    /// An element that decides nothing.
    Nothing,
    /// No element.
    Miss,
    /// Can't be told.
    Unknown(String),
}
