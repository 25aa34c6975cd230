//! The prover: tries edits on a copy of the model until the flow passes, and checks what else they open.

use super::{
    action::Action,
    edit::Edit,
    matching::Matching,
    opens,
    owner::{Blocked, Lasting, Proposal},
    setting::Setting,
};
use crate::{
    model::{Field, HeaderSet, Host, IpVersion, Values, values::Relation},
    simulate::{
        Companion, Exchange, Given, Outcome, Run, Simulation,
        conntrack::{ESTABLISHED, RELATED},
        outcome::{Decision, Ending},
    },
    site::Site,
    world::World,
};

/// More edits than this are no small fix.
const EDIT_LIMIT: usize = 4;

/// Edits that were proved: they let the flow's whole exchange pass, and open exactly what they say.
#[derive(Debug, Clone)]
pub struct Fix {
    made: Vec<Proposal>,
    opens: Vec<String>,
}

impl Fix {
    /// The edits.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        self.made.iter().map(|proposal| &proposal.edit)
    }

    /// Whose rules they change: `ufw`, or `firewalld, sysctl`.
    #[must_use]
    pub fn owner(&self) -> String {
        let mut owners: Vec<&str> = Vec::new();
        for proposal in &self.made {
            if !owners.contains(&proposal.owner) {
                owners.push(proposal.owner);
            }
        }
        owners.join(", ")
    }

    /// What makes them on the host, in this order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.made.iter().flat_map(|proposal| &proposal.actions)
    }

    /// The same, as commands for a shell.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        self.actions().map(Action::command).collect()
    }

    /// What makes them last, where they do not by themselves. A program that saves everything is named once.
    #[must_use]
    pub fn persist(&self) -> Vec<&Action> {
        let mut actions: Vec<&Action> = Vec::new();
        for action in self.made.iter().flat_map(|proposal| &proposal.persist) {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions
    }

    /// Whether something is known that makes all of them last.
    #[must_use]
    pub fn can_persist(&self) -> bool {
        self.made.iter().all(|proposal| proposal.lasting == Lasting::Always || !proposal.persist.is_empty())
    }

    /// How long they last.
    #[must_use]
    pub fn lasting(&self) -> Lasting {
        if self.made.iter().all(|proposal| proposal.lasting == Lasting::Always) { Lasting::Always } else { Lasting::UntilReboot }
    }

    /// What the operator should know besides.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        self.made.iter().flat_map(|proposal| &proposal.remarks).map(String::as_str)
    }

    /// What they open and nothing else.
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
    #[error("what was tried on the model would open more than this flow")]
    OpensMore,
    /// Another program writes the rules, and takes no command for this.
    #[error("{owner} keeps these rules: {hint}")]
    Owned { owner: &'static str, hint: String },
    /// Replies are stopped that belong to no known connection there.
    #[error(
        "its replies are stopped before connection tracking or exempt from it, where no rule can tell them from the packets of strangers"
    )]
    Untracked,
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

/// Finds edits that let the packets' exchange pass, and proves them.
///
/// # Errors
/// Why there is none.
pub fn prove(site: &Site, version: IpVersion, world: &dyn World, flow: &HeaderSet, aim: Aim<'_>, given: Given) -> Result<Fix, Unproved> {
    let mut prover = Prover { site, world, flow, aim, given, model: site.lowered(version).host.clone(), made: Vec::new() };
    let mut opens = Vec::new();
    let mut block = prover.first_block(&prover.model);
    while let Some((outcome, stopped)) = block {
        if stopped == Stopped::Later && !prover.model.conntrack {
            // The rule that lets them pass asks for their connection, and so starts connection tracking.
            prover.model.conntrack = true;
            block = prover.first_block(&prover.model);
            continue;
        }
        if prover.made.len() == EDIT_LIMIT {
            return Err(Unproved::StillBlocked);
        }
        if stopped == Stopped::Later && !is_of_connection(&outcome) {
            return Err(Unproved::Untracked);
        }
        let Helpful { proposal, after, next } = prover.step(&outcome, stopped)?;
        if prover.made.iter().any(|each| each.edit == proposal.edit) {
            return Err(Unproved::StillBlocked);
        }
        opens.push(prover.words(&proposal.edit));
        prover.model = after;
        prover.made.push(proposal);
        block = next;
    }
    if prover.made.is_empty() {
        return Err(Unproved::NotARule("nothing".into()));
    }
    Ok(Fix { made: prover.made, opens })
}

/// What stops packets, and which.
type Block = (Outcome<HeaderSet>, Stopped);

/// An edit that helps.
struct Helpful {
    proposal: Proposal,
    /// The model with it.
    after: Host,
    /// What is then the first in the flow's way.
    next: Option<Block>,
}

/// A proof that is under way.
struct Prover<'a> {
    site: &'a Site,
    world: &'a dyn World,
    flow: &'a HeaderSet,
    aim: Aim<'a>,
    given: Given,
    /// With the edits that were made.
    model: Host,
    made: Vec<Proposal>,
}

impl Prover<'_> {
    /// The first thing in the way of the flow in a model.
    fn first_block(&self, model: &Host) -> Option<Block> {
        let simulation = Simulation::new(model, self.world);
        let exchange = simulation.exchange(self.flow.clone(), self.given);
        first_block(&simulation, &exchange, self.aim)
    }

    /// The edit that names the fewest fields and still opens no more than is allowed.
    fn step(&self, outcome: &Outcome<HeaderSet>, stopped: Stopped) -> Result<Helpful, Unproved> {
        if let Ending::Unknown(why) = &outcome.verdict {
            return Err(Unproved::Undecided(why.clone()));
        }
        let mut why = Unproved::NoMatch;
        let Some(blocked) = self.blocked(outcome) else {
            return self.tried(vec![self.setting(outcome)?], outcome, stopped);
        };
        for matching in matchings(&self.model, outcome, stopped) {
            let found = blocked.proposals(&matching).and_then(|proposals| self.tried(proposals, outcome, stopped));
            match found {
                Ok(found) => return Ok(found),
                // What an owner can't say of a longer match does not tell more than what was wrong with a shorter one.
                Err(Unproved::NoMatch) => {}
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// The first of several that helps and opens no more than is allowed.
    fn tried(&self, proposals: Vec<Proposal>, outcome: &Outcome<HeaderSet>, stopped: Stopped) -> Result<Helpful, Unproved> {
        let mut why = Unproved::StillBlocked;
        for proposal in proposals {
            let mut after = self.model.clone();
            proposal.edit.apply(&mut after);
            let next = self.first_block(&after);
            if next.as_ref().is_some_and(|(now, still)| *still == stopped && is_as_before(now, outcome)) {
                continue;
            }
            let opening = match stopped {
                Stopped::First => opens::only(&self.model, &after, self.world, self.aim.allowed, &proposal.edit, is_translated(outcome)),
                Stopped::Later | Stopped::Companion(_) => Ok(()),
            };
            match opening {
                Ok(()) => return Ok(Helpful { proposal, after, next }),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// Where the packets are stopped, if a rule or policy stops them.
    fn blocked<'a>(&'a self, outcome: &'a Outcome<HeaderSet>) -> Option<Blocked<'a>> {
        let (hook, chain, rule, several) = match &outcome.decided_by {
            Decision::Rule { hook, rule } => (*hook, rule.chain, Some(rule.index as usize), false),
            Decision::Policy { hook, chain, .. } => (*hook, *chain, None, false),
            Decision::Several { hook, chain } => (*hook, *chain, None, true),
            Decision::Stage { .. } => return None,
        };
        let before = |index: usize| self.made.iter().rev().try_fold(index, |index, made| made.edit.index_before(chain, index));
        let original = rule.and_then(before).and_then(|index| u32::try_from(index).ok());
        Some(Blocked { site: self.site, world: self.world, host: &self.model, hook, chain, rule, original, several, outcome })
    }

    /// The setting that stops the packets.
    fn setting(&self, outcome: &Outcome<HeaderSet>) -> Result<Proposal, Unproved> {
        let Decision::Stage { stage, reason } = &outcome.decided_by else { return Err(Unproved::NoMatch) };
        // A reply comes in elsewhere than the packet that it answers.
        let seen = outcome.changed.iter().find(|(field, _)| *field == Field::InInterface).map(|(_, bits)| bits.as_constant());
        let way = seen.unwrap_or_else(|| outcome.space.values(Field::InInterface, 32).single());
        let way = way.and_then(|index| u32::try_from(index).ok());
        // What a setting opens is looked for among all packets: with many rules that takes too long.
        let proposal = way.filter(|_| self.model.rules() <= MANY_RULES).and_then(|index| Setting::proposal(*stage, index, &self.model));
        proposal.ok_or_else(|| Unproved::NotARule(format!("{} ({reason})", stage.name())))
    }

    /// What an edit opens, in words.
    fn words(&self, edit: &Edit) -> String {
        let sent = Values::one(32, 0);
        let own = self.aim.allowed.relation(Field::InInterface, &sent) == Relation::Inside;
        match edit {
            Edit::Insert { matching, .. } => opens::words(matching, &self.model, own),
            Edit::Remove(_) => {
                let source = Matching::of(self.flow, &[], &self.model, &[Field::Source]).and_then(|matching| matching.nft(&self.model));
                format!("whatever this rule stops ({})", source.unwrap_or_default())
            }
            Edit::Set(_) => {
                let fields = [Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort];
                Matching::of(self.flow, &[], &self.model, &fields)
                    .map(|matching| opens::words(&matching, &self.model, own))
                    .unwrap_or_default()
            }
        }
    }
}

/// With more rules than this, what a change of a setting opens is not looked for.
const MANY_RULES: usize = 2_000;

/// Whether the same still stops all of the same packets.
fn is_as_before(now: &Outcome<HeaderSet>, before: &Outcome<HeaderSet>) -> bool {
    now.decided_by == before.decided_by && before.space.minus(&now.space).is_empty()
}

/// What an accept rule may match, the shortest first.
fn matchings(model: &Host, outcome: &Outcome<HeaderSet>, stopped: Stopped) -> Vec<Matching> {
    let choices: &[&[Field]] = match stopped {
        Stopped::First if is_translated(outcome) => &TRANSLATED,
        Stopped::First => &FIRST,
        Stopped::Later => &LATER,
        Stopped::Companion(companion) => {
            let changed: Vec<_> = outcome.changed.iter().cloned().collect();
            return vec![Matching::of_companion(companion, &changed, model)];
        }
    };
    // An interface that follows from the way is no part of the match.
    let counts = |field: Field| !matches!(field, Field::InInterface | Field::OutInterface) || stopped == Stopped::Later;
    let changed: Vec<_> = outcome.changed.iter().filter(|(field, _)| counts(*field)).cloned().collect();
    let mut matchings: Vec<Matching> = Vec::new();
    for fields in choices {
        let Some(matching) = Matching::of(&outcome.space, &changed, model, fields) else { continue };
        // A prefix in the place of most of its addresses is shorter; the proof shows whether it opens more.
        let wide = matching.widened(model.version).filter(|_| stopped == Stopped::First);
        for matching in wide.into_iter().chain([matching]) {
            if !matchings.contains(&matching) {
                matchings.push(matching);
            }
        }
    }
    matchings
}

/// What a rule for first packets may name, the shortest first.
const FIRST: [&[Field]; 4] = [
    &[Field::Protocol, Field::Destination, Field::DestinationPort],
    &[Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Destination, Field::DestinationPort],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort],
];

/// The same for packets whose destination was translated. A rule that does not ask for that lets pass also who knows the new destination, so it
/// is for programs that have no word for it; what it opens is told.
const TRANSLATED: [&[Field]; 5] = [
    &[Field::Protocol, Field::Destination, Field::DestinationPort, Field::CtStatus],
    &[Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort, Field::CtStatus],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort, Field::CtStatus],
    &[Field::InInterface, Field::OutInterface, Field::Protocol, Field::Destination, Field::DestinationPort],
    &[Field::Protocol, Field::Destination, Field::DestinationPort],
];

fn is_translated(outcome: &Outcome<HeaderSet>) -> bool {
    outcome.changed.iter().any(|(field, _)| matches!(field, Field::Destination | Field::DestinationPort))
}

/// What a rule for later packets may name, the narrowest first.
const LATER: [&[Field]; 2] = [
    &[Field::Protocol, Field::Source, Field::Destination, Field::SourcePort, Field::CtState],
    &[Field::Protocol, Field::Source, Field::SourcePort, Field::CtState],
];

/// The first thing in the exchange's way, and what it stops.
fn first_block(simulation: &Simulation<'_>, exchange: &Exchange<HeaderSet>, aim: Aim<'_>) -> Option<Block> {
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

/// Whether connection tracking knows the connection of what is stopped.
fn is_of_connection(outcome: &Outcome<HeaderSet>) -> bool {
    let state = outcome.changed.iter().find(|(field, _)| *field == Field::CtState).and_then(|(_, bits)| bits.as_constant());
    state.is_some_and(|state| matches!(state, ESTABLISHED | RELATED))
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
