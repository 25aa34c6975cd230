//! A run: packets in, outcomes out.

use super::{
    conntrack::Given,
    decide::Decider,
    machine::Machine,
    memory::Memory,
    outcome::{Decision, Delivery, Ending, Outcome, Undecided},
    space::Space,
    stage::Stage,
    strand::Strand,
    undecided::{Undecideds, What},
};
use crate::{
    model::{Bits, Field, Hook, Host, Side, Values},
    world::World,
};

/// A host to simulate packets on.
#[derive(Clone, Copy)]
pub struct Simulation<'a> {
    host: &'a Host,
    world: &'a dyn World,
    memory: Option<&'a Memory>,
}

/// Packets whose way has ended.
#[derive(Debug, Clone)]
pub struct Finished<S> {
    /// The packets and how they fared.
    pub strand: Strand<S>,
    /// Their verdict.
    pub ending: Ending,
    /// Who decided it.
    pub decision: Decision,
    /// Where they went.
    pub delivery: Delivery,
}

/// All that became of the packets of a run.
#[derive(Debug, Clone)]
pub struct Run<S> {
    /// Disjoint pieces for equal conditions, together all that went in.
    pub finished: Vec<Finished<S>>,
    /// What came up that is undecided.
    pub undecided: Undecideds,
}

impl<S> Finished<S> {
    /// Packets that were stopped.
    pub fn stopped(strand: Strand<S>, ending: Ending, decision: Decision) -> Self {
        Self { strand, ending, decision, delivery: Delivery::None }
    }

    /// Packets that came through. The last rule that accepted them decided it; without one, the last policy.
    pub fn arrived(strand: Strand<S>, delivery: Delivery) -> Self {
        let passed = &strand.way.passed;
        let rule = passed.iter().rev().find(|each| !matches!(each, Decision::Policy { .. }));
        let decision = rule
            .or(passed.last())
            .cloned()
            .unwrap_or_else(|| Decision::Stage { stage: Stage::Routing, reason: "no base chain stands in its way".into() });
        Self { strand, ending: Ending::Accept, decision, delivery }
    }
}

impl<'a> Simulation<'a> {
    /// A simulation on this host.
    #[must_use]
    pub fn new(host: &'a Host, world: &'a dyn World) -> Self {
        Self { host, world, memory: None }
    }

    /// After other packets, which have changed sets.
    #[must_use]
    pub fn after(self, memory: &'a Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &'a Host {
        self.host
    }

    /// What becomes of packets: sent by this host where their incoming interface is 0, else received.
    pub fn run<S: Space>(&self, start: S, given: Given) -> Run<S> {
        self.run_strands(vec![Strand::new(start)], given, Undecideds::default())
    }

    /// What becomes of packets that are on their way already (replies, later packets of a connection).
    pub fn run_strands<S: Space>(&self, strands: Vec<Strand<S>>, given: Given, undecided: Undecideds) -> Run<S> {
        let mut machine = self.machine(undecided);
        machine.travel(strands, given);
        Run { finished: machine.finished, undecided: machine.decider.undecided }
    }
}

impl<'a> Simulation<'a> {
    /// A machine on which nothing is on its way yet.
    pub(super) fn machine<S: Space>(&self, undecided: Undecideds) -> Machine<'a, S> {
        let decider = Decider { host: self.host, world: self.world, memory: self.memory, undecided };
        Machine { decider, finished: Vec::new(), hook: Hook::Prerouting, visits: 0 }
    }
}

impl<S: Space> Run<S> {
    /// The outcomes, each on one side of every condition that it rests on.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome<S>> {
        self.finished.iter().flat_map(|finished| self.outcome(finished)).collect()
    }

    /// The outcomes of one end.
    pub fn outcome(&self, finished: &Finished<S>) -> Vec<Outcome<S>> {
        let Finished { strand, ending, decision, delivery } = finished;
        let limit = |why: &str| {
            let decided_by = Decision::Stage { stage: Stage::Limit, reason: why.to_owned() };
            vec![self.piece(strand, Ending::Unknown(why.to_owned()), decided_by, Delivery::None, &[], strand.space.clone())]
        };
        if strand.space.is_overgrown() {
            return limit("the set of packets grew beyond the limit for exact answers");
        }
        let Some(parts) = strand.space.clone().by_condition(|field| self.is_undecided(field)) else {
            return limit("too much of what decides about these packets is not known");
        };
        parts
            .into_iter()
            .map(|(conditions, space)| self.piece(strand, ending.clone(), decision.clone(), delivery.clone(), &conditions, space))
            .collect()
    }

    /// Fields that are none of the packet's own: choices, and whether a choice is in a set that was not read.
    fn is_undecided(&self, field: Field) -> bool {
        match field {
            Field::Choice(_) => true,
            Field::Member(number) => self.undecided.membership(number).is_some_and(|member| {
                let mut fields = member.key.iter().flat_map(Bits::fields);
                fields.any(|field| matches!(field, Field::Choice(_)))
            }),
            _ => false,
        }
    }

    fn piece(
        &self,
        strand: &Strand<S>,
        verdict: Ending,
        decided_by: Decision,
        delivery: Delivery,
        conditions: &[Side],
        space: S,
    ) -> Outcome<S> {
        Outcome {
            space,
            verdict,
            decided_by,
            conditions: conditions.iter().map(|(field, values)| self.undecided(*field, values)).collect(),
            passed: strand.way.passed.to_vec(),
            delivery,
            changed: strand.way.view.clone(),
            learned: strand.way.learned.clone(),
            events: strand.way.events.to_vec(),
        }
    }

    fn undecided(&self, field: Field, values: &Values) -> Undecided {
        let mut chosen = false;
        let (rule, condition, text) = match field {
            Field::Choice(number) => match self.undecided.choice(number) {
                Some(choice) => match &choice.what {
                    What::Condition(id) => (choice.rule, Some(*id), String::new()),
                    What::Text(text) => (choice.rule, None, text.clone()),
                    What::Chosen(text) => {
                        chosen = true;
                        (choice.rule, None, text.clone())
                    }
                    What::Anew(field, whose) => {
                        chosen = true;
                        (choice.rule, None, format!("{} {whose}", field.name()))
                    }
                },
                None => (None, None, String::new()),
            },
            Field::Member(_) => {
                chosen = true;
                (None, None, "membership in a set that is too big to be read".into())
            }
            other => (None, None, format!("{} is not known", other.name())),
        };
        Undecided { rule, condition, text, chosen, field, values: values.clone() }
    }
}
