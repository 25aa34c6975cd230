//! What an exchange means for its flow: does it pass, in part, only under conditions, or not at all?

use rustc_hash::FxHashMap;

pub use super::piece::{Fate, Piece};
use super::{
    beside::Stopped,
    piece::{MOST_COUNTED, count},
};
use crate::{
    gateway::{
        Expect, Flow, Role, Start,
        expression::{Hosts, Protocol},
        proxy::{SocketFile, Unresolved},
    },
    model::{Field, HeaderSet, Hook, IpVersion, Values, step::ConditionKind},
    simulate::{
        Companion, Given, Outcome, Run, Simulation,
        outcome::{Decision, Delivery, Ending, Undecided},
        undecided::Undecideds,
    },
    site::Site,
    world::World,
};

/// A flow with its outcomes and what they come to.
#[derive(Debug, Clone)]
pub struct Judged {
    pub flow: Flow,
    pub version: IpVersion,
    pub start: Start,
    /// The first packet, its reply, and the rest of the connection.
    pub legs: [Judgement; 3],
    /// The messages of other protocols that they need.
    pub companions: Vec<Judgement>,
    pub verdict: Verdict,
    /// How those fare that can stand in for it.
    pub standing: Standing,
    /// What stops it though its rules let it through.
    pub stopped: Option<Stopped>,
}

/// How the others of an upstream's groups fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// None can stand in for it.
    Alone,
    /// In every group that it is of, others are left: so many of all, in the worst.
    Others { left: usize, of: usize },
    /// A group of so many has nobody left.
    Down { of: usize },
}

/// Tells each flow how the others of its groups fare.
pub fn compare_groups(flows: &mut [Judged]) {
    let mut groups: FxHashMap<usize, (usize, usize)> = FxHashMap::default();
    let of = |judged: &Judged| judged.flow.wanted.iter().flat_map(|wanted| &wanted.groups).map(|(group, _)| *group).collect::<Vec<_>>();
    for judged in flows.iter() {
        let works = !matches!(judged.verdict, Verdict::Blocked | Verdict::Refused);
        for group in of(judged) {
            let (left, all) = groups.entry(group).or_default();
            *left += usize::from(works);
            *all += 1;
        }
    }
    for judged in flows.iter_mut() {
        let known = of(judged).into_iter().filter_map(|group| groups.get(&group).copied()).filter(|(_, of)| *of > 1);
        judged.standing = match known.min() {
            None => Standing::Alone,
            Some((0, of)) => Standing::Down { of },
            Some((left, of)) => Standing::Others { left, of },
        };
    }
}

/// One of the packets of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Leg {
    First,
    Reply,
    Rest,
    /// A message of another protocol that these need.
    Companion(Companion),
}

impl Leg {
    /// Whether it is of address resolution, without which nothing gets through.
    #[must_use]
    pub const fn is_of_neighbours(self) -> bool {
        matches!(self, Self::Companion(companion) if companion.is_of_neighbours())
    }
}

/// What became of one packet of the exchange.
#[derive(Debug, Clone)]
pub struct Judgement {
    pub leg: Leg,
    pub pieces: Vec<Piece>,
    /// What the fields that stand for sets and conditions mean.
    pub undecided: Undecideds,
}

/// What all of it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Blocked,
    Partly,
    Degraded,
    Refused,
    Unknown,
}

/// Follows a flow both ways and judges it.
#[must_use]
pub fn judge(site: &Site, world: &dyn World, flow: &Flow, start: Start) -> Judged {
    let host = &site.lowered(start.version).host;
    let given = given(flow);
    let simulation = Simulation::new(host, world);
    let exchange = simulation.exchange(start.packets.clone(), given);
    let pieces = |leg: Leg, run: &Run<HeaderSet>| Judgement {
        leg,
        pieces: weigh(site, start.version, leg, run.outcomes(), &start.legitimate),
        undecided: run.undecided.clone(),
    };
    let legs = [pieces(Leg::First, &exchange.first), pieces(Leg::Reply, &exchange.reply), pieces(Leg::Rest, &exchange.rest)];
    let companions = simulation.companions(&exchange);
    let companions: Vec<_> = companions.iter().map(|(companion, run)| pieces(Leg::Companion(*companion), run)).collect();
    let verdict = verdict(&legs, &companions);
    Judged { flow: flow.clone(), version: start.version, start, legs, companions, verdict, standing: Standing::Alone, stopped: None }
}

/// A flow to a name that has no address, or to a socket file, or that nobody hears in another network namespace: no packet of it is ever here.
#[must_use]
pub fn without_packets(flow: &Flow) -> Option<Judged> {
    let wanted = flow.wanted.as_ref()?;
    let verdict = match (&wanted.unresolved, &wanted.file) {
        (Some(Unresolved::Absent), _) | (_, Some(SocketFile::Closed { .. })) => Verdict::Blocked,
        (Some(Unresolved::Unknown(_)), _) => Verdict::Unknown,
        (_, Some(SocketFile::Fine)) => Verdict::Pass,
        (_, Some(_)) => Verdict::Refused,
        (None, None) if wanted.unheard => Verdict::Refused,
        (None, None) => return None,
    };
    let start = Start { version: flow.version.unwrap_or(IpVersion::V4), packets: HeaderSet::empty(), legitimate: HeaderSet::empty() };
    let nothing = |leg: Leg| Judgement { leg, pieces: Vec::new(), undecided: Undecideds::default() };
    Some(Judged {
        flow: flow.clone(),
        version: start.version,
        start,
        legs: [Leg::First, Leg::Reply, Leg::Rest].map(nothing),
        companions: Vec::new(),
        verdict,
        standing: Standing::Alone,
        stopped: None,
    })
}

/// The start of a flow that is one only because a rule translates its destination: who comes in where the rule does not ask is none of it.
#[must_use]
pub fn translated(judged: &Judged) -> Start {
    let [first, ..] = &judged.legs;
    let to_this_host = |piece: &&Piece| {
        let at_input =
            matches!(&piece.outcome.decided_by, Decision::Rule { hook: Hook::Input, .. } | Decision::Policy { hook: Hook::Input, .. });
        (at_input || piece.fate == Fate::NoListener) && !piece.is_redirected()
    };
    let others = first.pieces.iter().filter(to_this_host).fold(judged.start.legitimate.clone(), |left, piece| left.minus(&piece.honest));
    Start { legitimate: others, ..judged.start.clone() }
}

/// How connection tracking takes the flow's first packet.
#[must_use]
pub fn given(flow: &Flow) -> Given {
    flow.expression.state.map_or(Given::First, |state| Given::State(state.bit()))
}

/// Each outcome with its fate. Outcomes without conditions are disjoint from all others; those with conditions lie over each other.
fn weigh(site: &Site, version: IpVersion, leg: Leg, outcomes: Vec<Outcome<HeaderSet>>, legitimate: &HeaderSet) -> Vec<Piece> {
    let mut may_pass = HeaderSet::empty();
    for outcome in outcomes.iter().filter(|outcome| !outcome.conditions.is_empty() && !is_stopped(&outcome.verdict)) {
        may_pass = may_pass.minus(&outcome.space).or(outcome.space.clone());
    }
    let weigh = |outcome: Outcome<HeaderSet>| {
        let honest = outcome.space.and(legitimate);
        let fate = match &outcome.verdict {
            Ending::Unknown(_) => Fate::Unknown,
            // A reply goes to a connected socket, which is no listener.
            Ending::Accept if leg == Leg::First && outcome.delivery == Delivery::Local { socket: None } && asks_for_a_socket(&outcome) => {
                Fate::NoListener
            }
            Ending::Accept => Fate::Pass,
            Ending::Drop | Ending::Reject(_) if outcome.conditions.is_empty() || honest.and(&may_pass).is_empty() => Fate::Stopped,
            Ending::Drop | Ending::Reject(_) if outcome.conditions.iter().any(|each| is_unknown(site, version, each)) => Fate::Unknown,
            Ending::Drop | Ending::Reject(_) => Fate::Sometimes,
        };
        Piece { outcome, honest, fate }
    };
    outcomes.into_iter().map(weigh).collect()
}

/// The kernel itself answers ICMP.
fn asks_for_a_socket(outcome: &Outcome<HeaderSet>) -> bool {
    let protocol = outcome.space.values(Field::Protocol, 8).single();
    protocol.is_none_or(|protocol| protocol != u128::from(Protocol::ICMP.0) && protocol != u128::from(Protocol::ICMPV6.0))
}

fn is_stopped(ending: &Ending) -> bool {
    matches!(ending, Ending::Drop | Ending::Reject(_))
}

/// A condition that is no matter of time, load or choice: we can't tell it.
fn is_unknown(site: &Site, version: IpVersion, undecided: &Undecided) -> bool {
    let known = undecided.condition.and_then(|id| site.lowered(version).host.conditions.get(id.0 as usize));
    known.map_or(!undecided.chosen, |condition| condition.kind == ConditionKind::Unknown)
}

fn verdict(legs: &[Judgement; 3], companions: &[Judgement]) -> Verdict {
    // What routers say of sizes matters only on paths that are narrower than this host's links.
    let neighbours = || companions.iter().filter(|each| each.leg.is_of_neighbours());
    let counted = || legs.iter().chain(neighbours()).flat_map(|leg| &leg.pieces).filter(|piece| !piece.honest.is_empty());
    let any = |fate: Fate| counted().any(|piece| piece.fate == fate);
    let arrives =
        |leg: &Judgement| leg.pieces.iter().any(|piece| !piece.honest.is_empty() && matches!(piece.fate, Fate::Pass | Fate::NoListener));
    let comes_through = |leg: &Judgement| leg.pieces.is_empty() || arrives(leg);
    let [first, reply, rest] = legs;
    let some_pass = arrives(first) && comes_through(reply) && comes_through(rest) && neighbours().all(comes_through);
    if !some_pass {
        return if any(Fate::Unknown) {
            Verdict::Unknown
        } else if any(Fate::Sometimes) {
            Verdict::Degraded
        } else {
            Verdict::Blocked
        };
    }
    let served = first.pieces.iter().any(|piece| !piece.honest.is_empty() && piece.fate == Fate::Pass);
    if any(Fate::Stopped) {
        Verdict::Partly
    } else if any(Fate::Unknown) {
        Verdict::Unknown
    } else if any(Fate::Sometimes) {
        Verdict::Degraded
    } else if !served {
        Verdict::Refused
    } else if any(Fate::NoListener) {
        Verdict::Partly
    } else {
        Verdict::Pass
    }
}

impl Judged {
    /// Whether what ought to become of it does.
    #[must_use]
    pub fn is_as_wanted(&self) -> bool {
        self.verdict == if self.flow.expect == Expect::Pass { Verdict::Pass } else { Verdict::Blocked }
    }

    /// Every piece that counts against the flow, with the packet of the exchange that it is of.
    pub fn against(&self) -> impl Iterator<Item = (&Judgement, &Piece)> {
        let neighbours = self.companions.iter().filter(|each| each.leg.is_of_neighbours());
        let pieces = self.legs.iter().chain(neighbours).flat_map(|leg| leg.pieces.iter().map(move |piece| (leg, piece)));
        pieces.filter(|(_, piece)| piece.fate != Fate::Pass && !piece.honest.is_empty())
    }

    /// The piece that best stands for the flow where it passes: the one that is served.
    #[must_use]
    pub fn served(&self) -> Option<&Piece> {
        let [first, ..] = &self.legs;
        first.pieces.iter().filter(|piece| !piece.honest.is_empty()).find(|piece| piece.fate == Fate::Pass)
    }
}

impl Judged {
    /// Not all rules are known: that nothing known stops the flow does not mean that it passes.
    pub fn doubt(&mut self) {
        if matches!(self.verdict, Verdict::Pass | Verdict::Refused) {
            self.verdict = Verdict::Unknown;
        }
    }

    /// A piece by its place.
    #[must_use]
    pub fn piece(&self, leg: Leg, index: usize) -> Option<&Piece> {
        self.judgement(leg)?.pieces.get(index)
    }

    /// What became of one packet of the exchange, or of a message that it needs.
    #[must_use]
    pub fn judgement(&self, leg: Leg) -> Option<&Judgement> {
        self.legs.iter().chain(&self.companions).find(|each| each.leg == leg)
    }

    /// Whether nobody who sends what is rejected here hears of it: the reject's own answer is stopped.
    #[must_use]
    pub fn is_refused_in_silence(&self, piece: &Piece) -> bool {
        let Some(answers) = self.judgement(Leg::Companion(Companion::Refusal)) else { return false };
        let mut of_piece = answers.pieces.iter().filter(|answer| !answer.honest.and(&piece.honest).is_empty()).peekable();
        of_piece.peek().is_some() && of_piece.all(|answer| answer.fate == Fate::Stopped)
    }

    /// Whether more than half of the honest senders are stopped, counted by address.
    #[must_use]
    pub fn is_mostly_stopped(&self) -> bool {
        let width = Field::Source.width(self.version);
        let senders = |set: &HeaderSet| set.values(Field::Source, width);
        let stopped = self
            .legs
            .iter()
            .flat_map(|leg| &leg.pieces)
            .filter(|piece| piece.fate == Fate::Stopped && !piece.honest.is_empty() && !piece.is_of_a_set());
        // Joined once: a union of one after the other takes the square of their number.
        let stopped = stopped.filter_map(|piece| senders(&piece.honest).ranges(MOST_COUNTED)).flatten();
        let stopped = Values::from_ranges(width, stopped);
        match (count(&stopped), count(&senders(&self.start.legitimate))) {
            (Some(stopped), Some(all)) => stopped > all / 2,
            _ => false,
        }
    }

    /// Who sends it, in a report: the proxy if one does.
    #[must_use]
    pub fn sender(&self) -> &str {
        let sends = matches!(self.flow.role, Role::Upstream | Role::Resolver);
        let named = self.flow.wanted.as_ref().map(|wanted| wanted.proxy).or(self.flow.program.as_deref());
        named.filter(|_| sends).unwrap_or("this host")
    }

    /// The flow's destination in short: `203.0.113.10:443/tcp`.
    #[must_use]
    pub fn to(&self) -> String {
        match &self.flow.expression.destination.hosts {
            Hosts::Socket(_) => self.flow.expression.destination.to_string(),
            _ => format!("{}/{}", self.flow.expression.destination, self.flow.expression.protocol),
        }
    }
}
