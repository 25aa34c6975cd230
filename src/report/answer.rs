//! What became of one packet, as `trace --packets` answers.

use std::{cell::RefCell, rc::Rc};

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{
    decision::{self, DecidedBy},
    delivery::{self, DeliveredTo},
};
use crate::{
    audits::trace::{ending, outcomes_after},
    model::{Field, Hook, IpVersion, RuleId},
    packets::{
        Packet,
        print::{self, Printed},
        value::Words,
    },
    simulate::{
        Memory, Outcome, Point, Stage,
        outcome::{Decision, Ending, Event, Undecided},
    },
    site::Site,
    world::World,
};

/// One answer.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    pub id: Option<&'a serde_json::Value>,
    pub verdict: &'static str,
    pub decided_by: Rc<DecidedBy>,
    pub matched: Vec<Rc<DecidedBy>>,
    pub delivered_to: Option<DeliveredTo>,
    pub conditions: Vec<Condition>,
    pub packet: Printed,
}

/// Something on which an answer rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// In the operator's words.
    pub condition: String,
    /// The rule that asks.
    pub rule: Option<Rc<DecidedBy>>,
}

/// Answers packets.
pub struct Answers<'a> {
    site: &'a Site,
    world: &'a dyn World,
    /// Not all rules are known: no accept can be believed.
    shortcomings: Vec<String>,
    /// What the packets so far have done to sets.
    memory: RefCell<Memory>,
    /// Every rule and policy is put into words once.
    words: RefCell<FxHashMap<(IpVersion, Decision), Rc<DecidedBy>>>,
}

impl<'a> Answers<'a> {
    /// Answers packets on a host.
    #[must_use]
    pub fn new(site: &'a Site, world: &'a dyn World) -> Self {
        Self { site, world, shortcomings: site.shortcomings(), memory: RefCell::default(), words: RefCell::default() }
    }

    /// What becomes of a packet that comes right after those asked about before.
    #[must_use]
    pub fn answer<'b>(&self, id: Option<&'b serde_json::Value>, packet: &Packet) -> Answer<'b> {
        let version = packet.version;
        let outcomes = outcomes_after(&self.memory.borrow(), self.site, self.world, packet);
        self.memory.borrow_mut().note(&self.site.lowered(version).host, &outcomes);
        let mut verdict = verdict(&outcomes);
        let mut conditions = if agreed(&outcomes) { Vec::new() } else { self.conditions(version, &outcomes) };
        if verdict == "accept" && !self.shortcomings.is_empty() {
            verdict = "unknown";
            conditions.extend(self.shortcomings.iter().map(|each| Condition { condition: each.clone(), rule: None }));
        }
        let decided = match (&outcomes[..], verdict) {
            ([], _) => Decision::Stage { stage: Stage::Unknown, reason: "nothing became of it".into() },
            ([one], _) => one.decided_by.clone(),
            ([first, ..], "unknown") => undecided(first).unwrap_or_else(|| first.decided_by.clone()),
            ([first, ..], _) => first.decided_by.clone(),
        };
        let delivered =
            outcomes.first().filter(|_| verdict == "accept").filter(|first| outcomes.iter().all(|each| each.delivery == first.delivery));
        Answer {
            id,
            verdict,
            decided_by: self.decided_by(version, &decided),
            matched: matched(&outcomes).into_iter().map(|(hook, rule)| self.decided_by(version, &Decision::Rule { hook, rule })).collect(),
            delivered_to: delivered.and_then(|first| delivery::delivered_to(self.site, version, first, protocol(packet))),
            conditions,
            packet: self.afterwards(packet, &outcomes),
        }
    }

    fn decided_by(&self, version: IpVersion, decision: &Decision) -> Rc<DecidedBy> {
        if let Some(known) = self.words.borrow().get(&(version, decision.clone())) {
            return Rc::clone(known);
        }
        let new = Rc::new(decision::decided_by(self.site, version, decision));
        self.words.borrow_mut().insert((version, decision.clone()), Rc::clone(&new));
        new
    }

    fn conditions(&self, version: IpVersion, outcomes: &[Outcome<Point>]) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for undecided in outcomes.iter().flat_map(|outcome| &outcome.conditions) {
            let condition = condition_text(self.site, version, undecided);
            let rule = undecided.rule.map(|(hook, rule)| self.decided_by(version, &Decision::Rule { hook, rule }));
            let condition = Condition { condition, rule };
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        conditions
    }

    /// The packet at the end, as far as all outcomes agree on it.
    fn afterwards(&self, packet: &Packet, outcomes: &[Outcome<Point>]) -> Printed {
        let words = Words { version: packet.version, interfaces: &self.site.lowered(packet.version).host.interfaces };
        print::packet(words, |field| {
            let mut values = outcomes.iter().map(|outcome| current(outcome, field));
            let first = values.next()?;
            if values.all(|other| other == first) { first } else { None }
        })
    }
}

fn protocol(packet: &Packet) -> Option<u8> {
    packet.known.iter().find(|(field, _)| *field == Field::Protocol).and_then(|(_, value)| u8::try_from(*value).ok())
}

/// The verdict on which all outcomes agree.
fn verdict(outcomes: &[Outcome<Point>]) -> &'static str {
    let mut names = outcomes.iter().map(|outcome| ending(&outcome.verdict));
    let first = names.next().unwrap_or("unknown");
    if names.all(|other| other == first) { first } else { "unknown" }
}

/// Whether it makes no difference on which side of a condition the packet is.
fn agreed(outcomes: &[Outcome<Point>]) -> bool {
    let [first, others @ ..] = outcomes else { return false };
    !others.is_empty()
        && !matches!(first.verdict, Ending::Unknown(_))
        && others.iter().all(|other| {
            let ends = other.verdict == first.verdict && other.decided_by == first.decided_by && other.delivery == first.delivery;
            ends && matches_of(other) == matches_of(first)
        })
}

/// The first thing that parts the outcomes.
fn undecided(outcome: &Outcome<Point>) -> Option<Decision> {
    let first = outcome.conditions.first()?;
    Some(match first.rule {
        Some((hook, rule)) => Decision::Rule { hook, rule },
        None => Decision::Stage { stage: Stage::Unknown, reason: first.text.clone() },
    })
}

/// What a condition is, in the operator's words.
#[must_use]
pub fn condition_text(site: &Site, version: IpVersion, undecided: &Undecided) -> String {
    let known = undecided.condition.and_then(|id| site.lowered(version).host.conditions.get(id.0 as usize));
    known.map_or_else(|| undecided.text.clone(), |condition| condition.text.clone())
}

/// The rules that are counted, in order.
fn matches_of(outcome: &Outcome<Point>) -> Vec<(Hook, RuleId)> {
    let matches = outcome.events.iter().filter_map(|event| match event {
        Event::Matched { hook, rule } => Some((*hook, *rule)),
        _ => None,
    });
    matches.collect()
}

/// The rules that are counted whatever the conditions turn out to be, in order.
fn matched(outcomes: &[Outcome<Point>]) -> Vec<(Hook, RuleId)> {
    let Some((first, others)) = outcomes.split_first() else { return Vec::new() };
    let mut others: Vec<_> = others.iter().map(matches_of).collect();
    let mut matched = matches_of(first);
    matched.retain(|each| {
        others.iter_mut().all(|other| other.iter().position(|its| its == each).is_some_and(|at| other.drain(..=at).next_back().is_some()))
    });
    matched
}

/// The value of a field at the end of the way.
fn current(outcome: &Outcome<Point>, field: Field) -> Option<u128> {
    let original = |field: Field| match field {
        Field::ForwardedTtl => outcome.space.get(Field::Ttl).map(|ttl| ttl.saturating_sub(1)),
        other => outcome.space.get(other),
    };
    match outcome.changed.iter().find(|(each, _)| *each == field) {
        Some((_, bits)) => bits.value(original),
        None => original(field),
    }
}
