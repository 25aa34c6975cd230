//! A flow is stopped, and there is a rule that looks as if it was made for it: why does it not help?
//!
//! Rules are read as their operator reads them, one by one, against the packets that were stopped. What the packets met is known already;
//! so a rule before the one that decided can only lack something, and a rule after it comes too late.

mod calls;

mod packets;

mod walk;

mod words;

use rustc_hash::FxHashSet;

use super::{
    Placed, Problem,
    judge::{Fate, Judged, Leg, Piece, Verdict},
    later_chain_overrules::accepted_before,
};
use crate::{
    gateway::{Expect, Role},
    model::{ChainId, Field, Hook, Host, IpVersion, RuleId, Step, Test, Values, chain::ChainKind},
    simulate::outcome::Decision,
    site::Site,
};
use packets::{Moment, Packets};
use walk::{Asked, Candidate, Walk, size};
pub use words::{because, field, place};

/// Why a rule does not help.
#[derive(Debug, Clone)]
pub enum Why {
    /// It stands after the rule that stops the packets.
    Late,
    /// It stands in a base chain that comes after the one that stops them.
    LaterChain,
    /// It asks for the destination that they had before it was translated.
    Translated(walk::Difference),
    /// It stands where they never pass.
    Elsewhere(Hook),
    /// No rule leads to its chain.
    Detached,
    /// It asks for something that they do not have.
    Lacks(walk::Difference),
    /// It is for the other IP version alone.
    OtherVersion,
}

/// A rule that looks as if it was made for a flow.
#[derive(Debug, Clone)]
pub struct Meant {
    /// The IP version that its rule is for.
    pub version: IpVersion,
    pub rule: RuleId,
    /// Where it stands; of a chain to which no rule leads, where it would help.
    pub hook: Hook,
    pub why: Why,
    /// The piece that it does not help.
    pub piece: (Leg, usize),
    /// The flow shares little more with it than its kind.
    pub vague: bool,
    /// It would accept a part of it.
    pub partly: bool,
}

/// Rules are looked at so often, of all flows together.
const MOST: usize = 4_000_000;

/// The pieces of a flow that are asked for.
const MOST_PIECES: usize = 4;

/// For each flow the rule that seems to be meant for it, where it is stopped and there is such a rule.
pub fn find(site: &Site, flows: &[Judged]) -> Vec<Option<Meant>> {
    let known = [IpVersion::V4, IpVersion::V6].map(|version| Known::new(site, version, flows));
    let mut left = MOST;
    let of = |judged: &Judged| {
        let [four, six] = &known;
        let known = if judged.version == IpVersion::V4 { four } else { six };
        is_stopped(judged).then(|| of_flow(site, judged, known, &mut left)).flatten()
    };
    flows.iter().map(of).collect()
}

/// A problem for each flow of whose rule one can be told.
pub fn placed(flows: &[Judged], meant: &[Option<Meant>], problem: impl Fn(&Judged, &Meant) -> Option<Problem>) -> Placed {
    let known = flows.iter().zip(meant).enumerate();
    known.filter_map(|(flow, (judged, meant))| Some((flow, problem(judged, meant.as_ref()?)?))).collect()
}

impl Meant {
    /// The problem that it does not help, in a title.
    pub fn problem(&self, site: &Site, judged: &Judged, title: String) -> Problem {
        Problem {
            rule: Some((self.version, self.hook, self.rule)),
            doubtful: self.vague,
            ..Problem::shown(title, vec![self.piece]).because(because(site, judged, self))
        }
    }
}

/// Whether rules stop all of it, or most.
fn is_stopped(judged: &Judged) -> bool {
    let mostly = || judged.verdict == Verdict::Partly && judged.flow.role == Role::Client && judged.is_mostly_stopped();
    judged.flow.expect == Expect::Pass && judged.flow.role != Role::Service && (judged.verdict == Verdict::Blocked || mostly())
}

/// What is known of the rules of one IP version.
struct Known {
    /// Rules that let a part of a flow pass.
    used: FxHashSet<RuleId>,
    /// Chains to which no hook leads.
    detached: Vec<ChainId>,
}

impl Known {
    fn new(site: &Site, version: IpVersion, flows: &[Judged]) -> Self {
        let host = &site.lowered(version).host;
        if !flows.iter().any(|judged| judged.version == version && is_stopped(judged)) {
            return Self { used: FxHashSet::default(), detached: Vec::new() };
        }
        let passing = flows.iter().filter(|judged| judged.version == version).flat_map(|judged| &judged.legs).flat_map(|leg| &leg.pieces);
        let passing = passing.filter(|piece| piece.fate == Fate::Pass && !piece.honest.is_empty());
        let decisions = passing.flat_map(|piece| piece.outcome.passed.iter().chain([&piece.outcome.decided_by]));
        let used = decisions.filter_map(|decision| if let Decision::Rule { rule, .. } = decision { Some(*rule) } else { None }).collect();
        Self { used, detached: detached(host) }
    }
}

/// The chains to which no hook leads; of tables that filter.
fn detached(host: &Host) -> Vec<ChainId> {
    let hooked = host.hooks.iter().flat_map(|(_, chains)| chains).copied();
    let filters = |id: &ChainId| host.chains.get(id.0 as usize).is_some_and(|chain| chain.base.is_none() && is_for_filters(&chain.table));
    let reached = calls::reached(host, hooked).unwrap_or_default();
    (0..).map(ChainId).zip(reached).filter(|(_, reached)| !reached).map(|(id, _)| id).filter(filters).collect()
}

/// The other tables of iptables are for other things.
fn is_for_filters(table: &str) -> bool {
    !matches!(table, "nat" | "mangle" | "raw")
}

fn of_flow(site: &Site, judged: &Judged, known: &Known, left: &mut usize) -> Option<Meant> {
    let mut pieces: Vec<(Leg, usize, &Piece)> = Vec::new();
    for leg in &judged.legs {
        let stopped = leg.pieces.iter().enumerate().filter(|(_, piece)| piece.fate == Fate::Stopped && !piece.honest.is_empty());
        pieces.extend(stopped.map(|(index, piece)| (leg.leg, index, piece)));
    }
    pieces.sort_by_cached_key(|(leg, _, piece)| (*leg, std::cmp::Reverse(piece.senders(judged.version))));
    let of = |(leg, index, piece): &(Leg, usize, &Piece)| Search { site, judged, known, piece, at: (*leg, *index) }.best(left);
    pieces.iter().take(MOST_PIECES).find_map(of)
}

/// The search for the rule that seems to be meant for one piece.
struct Search<'a> {
    site: &'a Site,
    judged: &'a Judged,
    known: &'a Known,
    piece: &'a Piece,
    at: (Leg, usize),
}

impl Search<'_> {
    /// What explains most: a rule that needs no change but of its place before one that needs another.
    fn best(&self, left: &mut usize) -> Option<Meant> {
        // That is told by a finding of its own.
        if accepted_before(self.piece).is_some() {
            return None;
        }
        let (hook, chain, decided) = match &self.piece.outcome.decided_by {
            Decision::Rule { hook, rule } => (*hook, rule.chain, Some(*rule)),
            Decision::Policy { hook, chain, .. } => (*hook, *chain, None),
            Decision::Several { .. } | Decision::Stage { .. } => return None,
        };
        let host = &self.site.lowered(self.judged.version).host;
        let packets = Packets::new(self.piece, self.judged.version);
        let mut walk = |base: ChainId, moment: Moment, decided: Option<RuleId>| {
            let found = Walk::new(host, &packets, moment, decided, left).of(base);
            found.into_iter().filter(|candidate| self.may_be_meant(candidate)).collect::<Vec<_>>()
        };
        let bases: Vec<ChainId> = host.chains_at(hook).iter().copied().filter(|base| filters(host, *base)).collect();
        let leads = |base: ChainId| calls::reached(host, [base]).is_some_and(|reached| reached.get(chain.0 as usize) == Some(&true));
        let at = bases.iter().position(|base| *base == chain || leads(*base))?;
        let base = *bases.get(at)?;
        let here = walk(base, Moment::Now, decided);
        let whole = |candidate: &&Candidate| candidate.lacks.is_none() && self.names_it(candidate);
        if let Some(late) = here.iter().find(|candidate| candidate.late && whole(candidate)) {
            return Some(self.meant(late, hook, Why::Late));
        }
        let redirected = self.piece.is_redirected();
        if redirected {
            let before = walk(base, Moment::BeforeTranslation, decided);
            if let Some(other) = before.iter().find(|each| whole(each) && self.names_ports(each)) {
                let lacks = here.iter().find(|each| each.rule == other.rule).and_then(|each| each.lacks.clone());
                if let Some(lacks) = lacks.filter(|lacks| matches!(lacks.field, Field::Destination | Field::DestinationPort)) {
                    return Some(self.meant(other, hook, Why::Translated(lacks)));
                }
            }
        }
        let moments = [Moment::Now, Moment::BeforeTranslation];
        let moments = moments.iter().take(if redirected { 2 } else { 1 });
        let elsewhere = |found: Vec<Candidate>| {
            // A rule for a port of this host is none for the same port of others.
            let apt = |each: &Candidate| hook != Hook::Forward || redirected || each.names.contains(&Field::Destination);
            let tells = |each: &&Candidate| whole(each) && apt(each) && !each.partly && !self.known.used.contains(&each.rule);
            found.iter().find(tells).cloned()
        };
        for moment in moments.clone() {
            for other in others(hook) {
                let apt = |base: &&ChainId| {
                    filters(host, **base) && host.chains.get(base.0 as usize).is_some_and(|chain| is_for_filters(&chain.table))
                };
                for base in host.chains_at(*other).iter().filter(apt) {
                    if let Some(found) = elsewhere(walk(*base, *moment, None)) {
                        return Some(self.meant(&found, *other, Why::Elsewhere(*other)));
                    }
                }
            }
        }
        for moment in moments {
            for chain in self.known.detached.iter().filter(|chain| !self.is_called_in_vain(**chain)) {
                if let Some(found) = elsewhere(walk(*chain, *moment, None)) {
                    return Some(self.meant(&found, hook, Why::Detached));
                }
            }
        }
        for later in bases.iter().skip(at + 1) {
            if let Some(found) = walk(*later, Moment::Now, None).iter().find(whole) {
                return Some(self.meant(found, hook, Why::LaterChain));
            }
        }
        let near =
            here.iter().filter(|candidate| !candidate.late).filter_map(|candidate| Some((self.nearness(host, candidate)?, candidate)));
        // The first of those that are equally near.
        let nearest = near.min_by_key(|(nearness, _)| *nearness);
        if nearest.is_none_or(|(nearness, _)| nearness.vague)
            && let Some(other) = self.of_other_version(hook, &packets, left)
        {
            return Some(other);
        }
        let (nearness, candidate) = nearest?;
        let mut meant = self.meant(candidate, hook, Why::Lacks(candidate.lacks.clone()?));
        meant.vague = nearness.vague;
        Some(meant)
    }

    /// A rule that would accept them if they were of the other IP version.
    fn of_other_version(&self, hook: Hook, packets: &Packets<'_>, left: &mut usize) -> Option<Meant> {
        let version = match self.judged.version {
            IpVersion::V4 => IpVersion::V6,
            IpVersion::V6 => IpVersion::V4,
        };
        let host = &self.site.lowered(version).host;
        for base in host.chains_at(hook).iter().filter(|base| filters(host, **base)) {
            // Addresses of one version are none of the other: who asks for them is not meant.
            let found = Walk::new(host, packets, Moment::Now, None, left).of(*base);
            let whole = |each: &&Candidate| each.lacks.is_none() && self.names_ports(each) && self.is_own(version, each.rule);
            if let Some(found) = found.iter().find(whole) {
                return Some(Meant { version, ..self.meant(found, hook, Why::OtherVersion) });
            }
        }
        None
    }

    /// Whether a rule leads to a chain that no packet of this host can fit, as one for an interface that is not there.
    fn is_called_in_vain(&self, id: ChainId) -> bool {
        let version = self.judged.version;
        let host = &self.site.lowered(version).host;
        let Some(called) = host.chains.get(id.0 as usize) else { return true };
        let mut table =
            (0..).map(ChainId).zip(&host.chains).filter(|(_, chain)| (chain.family, &chain.table) == (called.family, &called.table));
        table.any(|(chain, each)| {
            let vain = (0..).zip(each.rules.iter()).filter(|(_, rule)| matches!(rule.steps.as_slice(), [Step::Test(Test::Never), ..]));
            let text = |index| self.site.rule_text(version, RuleId { chain, index });
            vain.into_iter().any(|(index, _)| text(index).split_whitespace().any(|word| word == called.name))
        })
    }

    fn meant(&self, candidate: &Candidate, hook: Hook, why: Why) -> Meant {
        Meant { version: self.judged.version, rule: candidate.rule, hook, why, piece: self.at, vague: false, partly: candidate.partly }
    }

    fn may_be_meant(&self, candidate: &Candidate) -> bool {
        let own = |rule: RuleId| self.is_own(self.judged.version, rule);
        own(candidate.rule) && candidate.lacks.as_ref().is_none_or(|lacks| own(lacks.rule))
    }

    /// Whether an operator wrote it: programs repair their own rules themselves.
    fn is_own(&self, version: IpVersion, rule: RuleId) -> bool {
        match self.site.writer(version, rule.chain, Some(rule.index)) {
            None => true,
            Some(owner) if owner.name == "Docker" => self.site.chain(version, rule.chain).is_some_and(|chain| chain.name == "DOCKER-USER"),
            Some(owner) => matches!(owner.name, "ufw" | "firewalld" | "Shorewall"),
        }
    }

    /// Whether it is for this service, and not for all traffic of a kind.
    fn names_it(&self, candidate: &Candidate) -> bool {
        self.names_ports(candidate) || (self.is_sent_away() && candidate.names.contains(&Field::Destination))
    }

    /// The port of the service: a reply has it as its source.
    fn names_ports(&self, candidate: &Candidate) -> bool {
        candidate.names.contains(&Field::DestinationPort)
    }

    /// Whether the destination is another host: an own address tells no service.
    fn is_sent_away(&self) -> bool {
        !matches!(self.judged.flow.role, Role::Client) || self.piece.is_redirected()
    }

    /// How little a rule that lacks one thing is from the flow; none if it is not meant for it.
    fn nearness(&self, host: &Host, candidate: &Candidate) -> Option<Nearness> {
        let lacks = candidate.lacks.as_ref()?;
        let port = self.names_ports(candidate);
        let used = self.known.used.contains(&candidate.rule);
        let values = if let Asked::Values(values) = &lacks.asked { Some(values) } else { None };
        let rank = match lacks.field {
            Field::Source if port => 0,
            Field::Destination if port && !used => 1,
            Field::InInterface | Field::OutInterface if port && !values.is_some_and(|values| is_loopback(host, values)) => 2,
            Field::CtState if port => 3,
            Field::Protocol if port => 4,
            Field::SourcePort if self.asks_for_it_as_source(values?) => 5,
            Field::DestinationPort if !used => {
                let values = values?;
                let away = self.is_sent_away() && candidate.names.contains(&Field::Destination);
                let from = self.judged.flow.role == Role::Client && candidate.names.contains(&Field::Source);
                let few = size(values).is_some_and(|size| size <= 16);
                let rank = match away || from {
                    _ if !few => return None,
                    true => 6,
                    false if !candidate.partly && self.is_stray(host, values) && self.is_alike(values) => 8,
                    false => return None,
                };
                return Some(Nearness { rank, vague: rank == 8, unnamed: usize::MAX - candidate.names.len() });
            }
            Field::Mark | Field::Uid | Field::Gid | Field::TcpFlags | Field::Length | Field::CtStatus if port => 7,
            _ => return None,
        };
        Some(Nearness { rank, vague: false, unnamed: usize::MAX - candidate.names.len() })
    }

    /// Whether a rule has the flow's port on the wrong side.
    fn asks_for_it_as_source(&self, values: &Values) -> bool {
        let width = Field::DestinationPort.width(self.judged.version);
        let ports = self.piece.honest.values(Field::DestinationPort, width);
        size(values).is_some_and(|size| size <= 16) && !ports.is_all() && ports.and(values) == ports
    }

    /// Whether a port was mistyped, or is the other of a usual pair: 443 and 8443, 3000 and 3001, 8080 and 8008.
    fn is_alike(&self, values: &Values) -> bool {
        let width = Field::DestinationPort.width(self.judged.version);
        let own = self.piece.honest.values(Field::DestinationPort, width).single();
        let (Some(own), Some(other)) = (own, values.single()) else { return false };
        let (own, other) = (own.to_string(), other.to_string());
        let (short, long) = if own.len() < other.len() { (&own, &other) } else { (&other, &own) };
        let sorted = |text: &str| {
            let mut digits: Vec<char> = text.chars().collect();
            digits.sort_unstable();
            digits
        };
        let differing = own.chars().zip(other.chars()).filter(|(a, b)| a != b).count();
        match short.len() == long.len() {
            true => short.len() > 2 && (differing == 1 || differing == 2 && sorted(short) == sorted(long)),
            false => short.len() > 1 && (long.ends_with(short.as_str()) || long.starts_with(short.as_str())),
        }
    }

    /// Whether nothing on this host listens on any of these ports, so that a rule that opens them is for nothing that is here.
    fn is_stray(&self, host: &Host, ports: &Values) -> bool {
        let input =
            matches!(self.piece.outcome.decided_by, Decision::Rule { hook: Hook::Input, .. } | Decision::Policy { hook: Hook::Input, .. });
        input && !host.sockets.is_empty() && !host.sockets.iter().any(|socket| ports.contains(socket.port.into()))
    }
}

/// Nearer ones are less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nearness {
    vague: bool,
    unnamed: usize,
    rank: u8,
}

fn is_loopback(host: &Host, values: &Values) -> bool {
    values.single().is_some_and(|index| host.interfaces.iter().any(|each| u128::from(each.index) == index && each.loopback))
}

/// Hooks in which a rule is written by mistake for what is stopped in this one.
const fn others(hook: Hook) -> &'static [Hook] {
    match hook {
        Hook::Input => &[Hook::Forward],
        Hook::Forward => &[Hook::Input],
        Hook::Output => &[Hook::Input, Hook::Forward],
        _ => &[],
    }
}

fn filters(host: &Host, id: ChainId) -> bool {
    let Some(base) = host.chains.get(id.0 as usize).and_then(|chain| chain.base.as_ref()) else { return false };
    base.kind == ChainKind::Filter
}
