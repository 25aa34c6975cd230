//! The prover: tries edits on a copy of the model until the flow passes, and checks what else they open.

use rustc_hash::FxHashSet;

use super::{edit::Edit, matching::Matching};
use crate::{
    model::{Field, HeaderSet, Host},
    simulate::{
        Companion, Exchange, Given, Outcome, Run, Simulation,
        outcome::{Decision, Ending},
    },
    world::World,
};

/// The fields that say who talks to whom.
const WHO: [Field; 5] = [Field::InInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort];

/// More edits than this are no small fix.
const EDIT_LIMIT: usize = 4;

/// Edits that were proved: they let the flow's whole exchange pass, and open exactly what they say.
#[derive(Debug, Clone)]
pub struct Fix {
    edits: Vec<Edit>,
    commands: Vec<String>,
    opens: Vec<String>,
}

impl Fix {
    /// The edits.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The commands that make them, to be run in this order.
    #[must_use]
    pub fn commands(&self) -> &[String] {
        &self.commands
    }

    /// What they open and nothing else, in nft's words.
    #[must_use]
    pub fn opens(&self) -> &[String] {
        &self.opens
    }
}

/// Why there is no fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// Something that is no rule stands in the way.
    #[error("{0} stands in the way, which no rule can change")]
    NotARule(String),
    /// No short match tells exactly this flow.
    #[error("no short rule matches exactly this flow")]
    NoMatch,
    /// Tried, and the flow still does not pass.
    #[error("an accept rule at that place was tried on the model, and the flow still does not pass")]
    StillBlocked,
    /// Tried, and it would open more than it says.
    #[error("an accept rule at that place was tried on the model, and would open more than this flow")]
    OpensMore,
    /// What is in the way can't be told.
    #[error("whether the flow passes can't be told: {0}")]
    Undecided(String),
}

/// What edits are to achieve.
#[derive(Debug, Clone, Copy)]
pub struct Aim<'a> {
    /// They may open no more than this.
    pub allowed: &'a HeaderSet,
    /// What routers say of too big packets must get through, too.
    pub path_mtu: bool,
}

/// A packet that is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    First,
    Later,
    Companion(Companion),
}

/// Finds edits of rules that let the packets' exchange pass, and proves them.
///
/// # Errors
/// Why there is none.
pub fn prove(host: &Host, world: &dyn World, flow: &HeaderSet, aim: Aim<'_>, given: Given) -> Result<Fix, Unproved> {
    let mut model = host.clone();
    let mut made: Vec<Edit> = Vec::new();
    let mut commands = Vec::new();
    let mut opens = Vec::new();
    loop {
        let simulation = Simulation::new(&model, world);
        let exchange = simulation.exchange(flow.clone(), given);
        let Some((outcome, stopped)) = first_block(&simulation, &exchange, aim) else { break };
        if made.len() == EDIT_LIMIT {
            return Err(Unproved::StillBlocked);
        }
        let (edit, made_by, after) = shortest_edit(&model, world, &outcome, aim.allowed, stopped)?;
        if made.iter().any(|each| each.chain == edit.chain && each.matching == edit.matching) {
            return Err(Unproved::StillBlocked);
        }
        commands.extend(made_by);
        opens.push(edit.opens(&model));
        model = after;
        made.push(edit);
    }
    if made.is_empty() {
        return Err(Unproved::NotARule("nothing".into()));
    }
    Ok(Fix { edits: made, commands, opens })
}

/// The edit that names the fewest fields and still opens no more than is allowed, with its commands and the model after it.
fn shortest_edit(
    model: &Host,
    world: &dyn World,
    outcome: &Outcome<HeaderSet>,
    allowed: &HeaderSet,
    stopped: Stopped,
) -> Result<(Edit, Vec<String>, Host), Unproved> {
    let choices: &[&[Field]] = match stopped {
        Stopped::First => &FIRST,
        Stopped::Later => &LATER,
        // These have words of their own.
        Stopped::Companion(_) => &[&[]],
    };
    let mut why = Unproved::NoMatch;
    for fields in choices {
        let edit = match edit_for(model, outcome, stopped, fields) {
            Ok(edit) => edit,
            Err(error) => {
                why = error;
                continue;
            }
        };
        // A prefix in the place of most of its addresses is shorter; the proof shows whether it opens more.
        let wide = edit.matching.widened(model.version).filter(|_| stopped == Stopped::First);
        for edit in wide.map(|matching| Edit { matching, ..edit.clone() }).into_iter().chain([edit]) {
            match try_edit(model, world, allowed, stopped, edit) {
                Ok(found) => return Ok(found),
                Err(error) => why = error,
            }
        }
    }
    Err(why)
}

/// What a rule for first packets may name, the shortest first.
const FIRST: [&[Field]; 4] = [
    &[Field::Protocol, Field::Destination, Field::DestinationPort],
    &[Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Destination, Field::DestinationPort],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort],
];

/// What a rule for later packets may name.
const LATER: [&[Field]; 1] = [&[Field::Protocol, Field::Source, Field::Destination, Field::SourcePort, Field::CtState]];

fn try_edit(
    model: &Host,
    world: &dyn World,
    allowed: &HeaderSet,
    stopped: Stopped,
    edit: Edit,
) -> Result<(Edit, Vec<String>, Host), Unproved> {
    let commands = edit.commands(model).ok_or(Unproved::NoMatch)?;
    let mut after = model.clone();
    edit.apply(&mut after);
    if stopped == Stopped::First {
        opens_only(model, &after, world, allowed, &edit)?;
    }
    Ok((edit, commands, after))
}

/// The first thing in the exchange's way, and what it stops.
fn first_block(simulation: &Simulation<'_>, exchange: &Exchange<HeaderSet>, aim: Aim<'_>) -> Option<(Outcome<HeaderSet>, Stopped)> {
    let blocked = |run: &Run<HeaderSet>| run.outcomes().into_iter().find(|outcome| outcome.verdict != Ending::Accept);
    blocked(&exchange.first)
        .map(|outcome| (outcome, Stopped::First))
        .or_else(|| blocked(&exchange.reply).map(|outcome| (outcome, Stopped::Later)))
        .or_else(|| blocked(&exchange.rest).map(|outcome| (outcome, Stopped::Later)))
        .or_else(|| {
            let companions = simulation.companions(exchange);
            let mut wanted = companions.iter().filter(|(companion, _)| companion.is_of_neighbours() || aim.path_mtu);
            wanted.find_map(|(companion, run)| without_any(run).map(|outcome| (outcome, Stopped::Companion(*companion))))
        })
}

/// What stops a message for packets for which none gets through, whoever sends it.
fn without_any(run: &Run<HeaderSet>) -> Option<Outcome<HeaderSet>> {
    let outcomes = run.outcomes();
    let (passing, stopped): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|outcome| outcome.verdict == Ending::Accept);
    let served = passing.into_iter().fold(HeaderSet::empty(), |all, outcome| all.minus(&outcome.space).or(outcome.space));
    // What routing drops came from an address that nobody has who sends such messages.
    let by_rule = |outcome: &Outcome<HeaderSet>| !matches!(outcome.decided_by, Decision::Stage { .. });
    stopped.into_iter().find(|outcome| by_rule(outcome) && !outcome.space.minus(&served).is_empty())
}

/// An accept rule before what stops the packets.
fn edit_for(host: &Host, outcome: &Outcome<HeaderSet>, stopped: Stopped, fields: &[Field]) -> Result<Edit, Unproved> {
    if let Ending::Unknown(why) = &outcome.verdict {
        return Err(Unproved::Undecided(why.clone()));
    }
    let (chain, index) = match &outcome.decided_by {
        Decision::Rule { rule, .. } => (rule.chain, rule.index as usize),
        Decision::Policy { chain, .. } => (*chain, host.chains[chain.0 as usize].rules.len()),
        Decision::Several { chain, .. } => (*chain, 0),
        Decision::Stage { stage, reason } => return Err(Unproved::NotARule(format!("{} ({reason})", stage.name()))),
    };
    if let Stopped::Companion(companion) = stopped {
        let changed: Vec<_> = outcome.changed.iter().cloned().collect();
        return Ok(Edit { chain, index, matching: Matching::of_companion(companion, &changed, host) });
    }
    // An interface that follows from the way is no part of the match.
    let counts = |field: Field| !matches!(field, Field::InInterface | Field::OutInterface) || stopped == Stopped::Later;
    let changed: Vec<_> = outcome.changed.iter().filter(|(field, _)| counts(*field)).cloned().collect();
    let matching = Matching::of(&outcome.space, &changed, host, fields).ok_or(Unproved::NoMatch)?;
    Ok(Edit { chain, index, matching })
}

/// Runs every packet that the new rule can touch before and after: what passes now and did not before must be of the flow. (A rule for later
/// packets matches established ones only, whose first packet had to pass before; one for messages that a flow needs, nothing but those.)
fn opens_only(before: &Host, after: &Host, world: &dyn World, allowed: &HeaderSet, edit: &Edit) -> Result<(), Unproved> {
    let mut start = HeaderSet::all();
    for (field, values) in edit.matching.fields() {
        if *field != Field::OutInterface {
            start = start.split(*field, values).0;
        }
    }
    let sent = crate::model::Values::one(32, 0);
    let own = allowed.relation(Field::InInterface, &sent) == crate::model::values::Relation::Inside;
    let (from_here, from_outside) = start.split(Field::InInterface, &sent);
    let start = if own { from_here } else { from_outside };
    let accepted = |host: &Host| {
        let run = Simulation::new(host, world).run(start.clone(), Given::First);
        run.accepted().fold(HeaderSet::empty(), |all, finished| all.or(finished.strand.space.clone()))
    };
    let opened = accepted(after).minus(&accepted(before));
    // What a first packet must look like besides is no matter of who talks to whom.
    let who = |set: &HeaderSet| {
        let others = set.boxes().flatten().map(|(field, _)| field).filter(|field| !WHO.contains(field)).collect::<FxHashSet<_>>();
        others.into_iter().fold(set.clone(), |set, field| set.forget(field))
    };
    if !who(&opened).minus(&who(allowed)).is_empty() {
        return Err(Unproved::OpensMore);
    }
    Ok(())
}
