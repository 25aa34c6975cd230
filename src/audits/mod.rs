//! What can be wrong with a flow: a file a finding, each with its explanation and its check.

pub mod judge;

mod piece;

pub mod trace;

pub mod witness;

pub mod symptom;

pub mod seen;

pub mod observed;

pub mod beside;

pub mod onward;

pub mod translation;

mod expected_block_passes;

mod client_blocked;

mod upstream_blocked;

mod upstream_degraded;

mod upstream_unresolved;

mod name_differs;

mod loopback_blocked;

mod reply_blocked;

mod neighbour_discovery_blocked;

mod path_mtu_black_hole;

mod mostly_blocked;

mod partly_blocked;

mod sometimes_blocked;

mod no_listener;

mod undecided;

mod forwarding_off;

mod reverse_path_filter;

mod route_drop;

mod nat_target_gone;

mod neighbour_silent;

mod localnet_martian;

mod hairpin;

mod listener_elsewhere;

pub mod later_chain_overrules;

mod reading;

pub mod meant;

mod shadow;

mod unreachable_rule;

mod redundant_rule;

pub mod member;

mod own_address_blocked;

mod dns_blocked;

mod rate_limit_on_proxy;

mod connection_limit_on_proxy;

mod gateway_address_banned;

mod blocklist_with_private_space;

mod invalid_state_drop;

mod exposed_upstream;

mod order_after_final_drop;

mod wrong_hook;

mod near_miss;

mod ipv6_forgotten;

mod unknown_match;

mod service_closed;

mod two_back_ends;

mod bridge_filter_surprise;

mod unix_socket;

mod conntrack_near_full;

mod conntrack_drops;

mod upstream_silent;

mod listen_queue_full;

mod dropped_before_netfilter;

pub mod reboot;

mod saved_differs_from_running;

mod rule_not_persistent;

mod published_without_rule;

mod nat_target_astray;

mod ipsec_policy;

mod ipsec_policy_blocks;

mod whose;

mod cgroup_filter;

mod selinux_denies;

mod security_module;

use serde::Serialize;

use crate::{
    gateway::Expect,
    model::{Hook, IpVersion, RuleId},
    simulate::{Stage, outcome::Decision},
    site::Site,
};
use judge::{Fate, Judged, Leg, Piece, Verdict};
use meant::{Meant, Why};
use shadow::Shadowed;
use symptom::Symptom;

/// One kind of finding.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Audit {
    /// How reports call it.
    pub code: &'static str,
    /// In one line.
    pub summary: &'static str,
    /// What it means, why it happens, what to do.
    pub explanation: &'static str,
    pub severity: Severity,
    /// Finds it.
    #[serde(skip)]
    check: Check,
}

/// Problems, each with the index of the flow that it is told beside.
type Placed = Vec<(usize, Problem)>;

/// Of what an audit is.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// Of a flow.
    Flow(fn(&Site, &Judged) -> Option<Problem>),
    /// Of rules that seem to be meant for flows that are stopped: one for each flow, or none.
    Meant(fn(&Site, &[Judged], &[Option<Meant>]) -> Placed),
    /// Of the host: told once, beside the first of the flows that suffer from it, with that flow's index.
    Host(fn(&Site, &[Judged]) -> Placed),
    /// Of rules that others hide.
    Hidden(fn(&Site, &[Judged], &[Shadowed]) -> Placed),
    /// Of what the next boot brings.
    Boot(fn(&Site, &[Judged], &reboot::Reboot) -> Placed),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know
    Note,
    /// Some legitimate traffic fails
    Warning,
    /// Legitimate traffic does not get through
    Error,
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Every step is modelled.
    Certain,
    /// It rests on a condition or on something that is not modelled.
    Possible,
}

/// What a check has found.
#[derive(Debug, Clone)]
pub struct Problem {
    /// In one sentence.
    pub title: String,
    /// The pieces of the flow that show it, most telling first: leg, and index of the piece in it.
    pub pieces: Vec<(Leg, usize)>,
    /// A decision that let the packets through before another stopped them.
    pub overruled: Option<Decision>,
    /// The rule that it is about, with the hook where it stands, where that is not the one that decided of the pieces.
    pub rule: Option<(IpVersion, Hook, RuleId)>,
    /// What of the host shows it, where it is no rule, each as a sentence.
    pub facts: Vec<String>,
    /// What the sender sees, where the pieces do not tell.
    pub symptom: Option<Symptom>,
    /// Whether it rests on what can't be read.
    pub doubtful: bool,
}

impl Problem {
    /// One that pieces of the flow show.
    fn shown(title: String, pieces: Vec<(Leg, usize)>) -> Self {
        Self { title, pieces, overruled: None, rule: None, facts: Vec::new(), symptom: None, doubtful: false }
    }

    /// One that facts of the host show, and no rule.
    fn beside(title: String, facts: Vec<String>) -> Self {
        Self { facts, ..Self::shown(title, Vec::new()) }
    }

    /// The same, with one more fact.
    fn because(mut self, fact: String) -> Self {
        self.facts.push(fact);
        self
    }

    /// What the sender sees.
    #[must_use]
    pub fn symptom(&self, judged: &Judged) -> Option<Symptom> {
        let of_first = || {
            let (leg, index) = *self.pieces.first()?;
            symptom::of_piece(judged, leg, judged.piece(leg, index)?)
        };
        self.symptom.clone().or_else(of_first)
    }
}

/// A finding: a problem of a flow.
#[derive(Debug, Clone)]
pub struct Finding {
    pub audit: &'static Audit,
    pub confidence: Confidence,
    /// Index of the flow in the list that was audited.
    pub flow: usize,
    pub problem: Problem,
}

/// Every audit, most important first.
pub const ALL: &[&Audit] = &[
    &expected_block_passes::AUDIT,
    &gateway_address_banned::AUDIT,
    &blocklist_with_private_space::AUDIT,
    &client_blocked::AUDIT,
    &upstream_blocked::AUDIT,
    &own_address_blocked::AUDIT,
    &dns_blocked::AUDIT,
    &upstream_unresolved::AUDIT,
    &unix_socket::AUDIT,
    &loopback_blocked::AUDIT,
    &reply_blocked::AUDIT,
    &neighbour_discovery_blocked::AUDIT,
    &upstream_degraded::AUDIT,
    &mostly_blocked::AUDIT,
    &forwarding_off::AUDIT,
    &reverse_path_filter::AUDIT,
    &nat_target_gone::AUDIT,
    &neighbour_silent::AUDIT,
    &nat_target_astray::AUDIT,
    &published_without_rule::AUDIT,
    &route_drop::AUDIT,
    &localnet_martian::AUDIT,
    &hairpin::AUDIT,
    &bridge_filter_surprise::AUDIT,
    &ipsec_policy_blocks::AUDIT,
    &cgroup_filter::AUDIT,
    &selinux_denies::AUDIT,
    &conntrack_near_full::AUDIT,
    &conntrack_drops::AUDIT,
    &listen_queue_full::AUDIT,
    &listener_elsewhere::AUDIT,
    &no_listener::AUDIT,
    &name_differs::AUDIT,
    &upstream_silent::AUDIT,
    &partly_blocked::AUDIT,
    &rate_limit_on_proxy::AUDIT,
    &connection_limit_on_proxy::AUDIT,
    &sometimes_blocked::AUDIT,
    &path_mtu_black_hole::AUDIT,
    &exposed_upstream::AUDIT,
    &undecided::AUDIT,
    &later_chain_overrules::AUDIT,
    &order_after_final_drop::AUDIT,
    &wrong_hook::AUDIT,
    &near_miss::AUDIT,
    &invalid_state_drop::AUDIT,
    &ipv6_forgotten::AUDIT,
    &unknown_match::AUDIT,
    &two_back_ends::AUDIT,
    &dropped_before_netfilter::AUDIT,
    &ipsec_policy::AUDIT,
    &security_module::AUDIT,
    &saved_differs_from_running::AUDIT,
    &service_closed::AUDIT,
    &unreachable_rule::AUDIT,
    &redundant_rule::AUDIT,
    &rule_not_persistent::AUDIT,
];

/// Findings that say why packets are stopped, so that one of [`PLAIN`] for the same packets would say less.
const CAUSES: [&Audit; 2] = [&gateway_address_banned::AUDIT, &blocklist_with_private_space::AUDIT];

/// Findings that say only that packets are stopped.
const PLAIN: [&Audit; 6] = [
    &client_blocked::AUDIT,
    &upstream_blocked::AUDIT,
    &own_address_blocked::AUDIT,
    &dns_blocked::AUDIT,
    &loopback_blocked::AUDIT,
    &reply_blocked::AUDIT,
];

/// An audit by its code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Audit> {
    ALL.iter().copied().find(|audit| audit.code == code)
}

/// Runs every audit over every flow. Most important first, then in the order of the flows.
#[must_use]
pub fn findings(site: &Site, flows: &[Judged], reboot: &reboot::Reboot) -> Vec<Finding> {
    let mut findings = Vec::new();
    let meant = meant::find(site, flows);
    let mut hidden = if flows.is_empty() { Vec::new() } else { shadow::find(site) };
    // Where a flow misses such a rule, that is told.
    let missed = |each: &Shadowed| {
        let mut known = meant.iter().flatten().filter(|meant| matches!(meant.why, Why::Late));
        known.any(|meant| (meant.version, meant.rule) == (each.version, each.rule))
    };
    hidden.retain(|each| !missed(each));
    for audit in ALL {
        let of = if audit.code == expected_block_passes::AUDIT.code { Expect::Block } else { Expect::Pass };
        let problems = match audit.check {
            Check::Flow(check) => {
                let wanted = flows.iter().enumerate().filter(|(_, judged)| judged.flow.expect == of);
                wanted.filter_map(|(flow, judged)| Some((flow, check(site, judged)?))).collect()
            }
            Check::Meant(check) => check(site, flows, &meant),
            Check::Host(check) => check(site, flows),
            Check::Hidden(check) => check(site, flows, &hidden),
            Check::Boot(check) => check(site, flows, reboot),
        };
        for (flow, problem) in problems {
            let Some(judged) = flows.get(flow) else { continue };
            let certain = !problem.doubtful && problem.pieces.iter().all(|(leg, index)| is_certain(judged, *leg, *index));
            let confidence = if certain { Confidence::Certain } else { Confidence::Possible };
            findings.push(Finding { audit, confidence, flow, problem });
        }
    }
    let caused: Vec<(usize, Vec<(Leg, usize)>)> = findings
        .iter()
        .filter(|finding| CAUSES.iter().any(|audit| audit.code == finding.audit.code))
        .map(|finding| (finding.flow, finding.problem.pieces.clone()))
        .collect();
    findings.retain(|finding: &Finding| {
        let plain = PLAIN.iter().any(|audit| audit.code == finding.audit.code);
        let told = |(flow, pieces): &(usize, Vec<_>)| {
            *flow == finding.flow && finding.problem.pieces.first().is_some_and(|piece| pieces.contains(piece))
        };
        !(plain && caused.iter().any(told))
    });
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.audit.severity));
    // Told with the finding that it explains, too.
    for (flow, (judged, meant)) in flows.iter().zip(&meant).enumerate() {
        let Some(meant) = meant.as_ref().filter(|meant| !meant.vague) else { continue };
        let explained = findings.iter_mut().find(|finding| finding.flow == flow && finding.problem.pieces.contains(&meant.piece));
        if let Some(finding) = explained.filter(|finding| finding.audit.severity > Severity::Note) {
            finding.problem.facts.push(meant::because(site, judged, meant));
        }
    }
    findings
}

fn is_certain(judged: &Judged, leg: Leg, index: usize) -> bool {
    judged.piece(leg, index).is_some_and(|piece| match piece.fate {
        Fate::Stopped | Fate::NoListener => true,
        Fate::Pass => piece.outcome.conditions.is_empty(),
        Fate::Sometimes | Fate::Unknown => false,
    })
}

/// The packets of a blocked flow that end at such a stage, which is no rule: rules are not to blame, and no change of them helps.
fn ended_at(judged: &Judged, title: impl FnOnce() -> String, wanted: impl Fn(Stage, &Piece) -> bool) -> Option<Problem> {
    // Who sends the other messages that a flow needs is not known, and so not by which way they come.
    let ends = |leg: Leg, piece: &Piece| match &piece.outcome.decided_by {
        Decision::Stage { stage, .. } => !matches!(leg, Leg::Companion(_)) && piece.fate == Fate::Stopped && wanted(*stage, piece),
        _ => false,
    };
    (judged.verdict == Verdict::Blocked).then(|| problem(title(), judged, ends)).flatten()
}

/// Whether a piece is stopped by rules, or by a stage that no audit of its own tells of.
fn is_stopped_by_rules(piece: &Piece) -> bool {
    let told = |stage| matches!(stage, Stage::ForwardingOff | Stage::ReversePath | Stage::Localnet | Stage::Around | Stage::NoRoute(_));
    piece.fate == Fate::Stopped && !matches!(&piece.outcome.decided_by, Decision::Stage { stage, .. } if told(*stage))
}

/// A problem that these pieces show, if there are any: that of the first packet before others, and what stops most senders first.
fn problem(title: String, judged: &Judged, wanted: impl Fn(Leg, &Piece) -> bool) -> Option<Problem> {
    let mut pieces = Vec::new();
    for leg in judged.legs.iter().chain(&judged.companions) {
        for (index, piece) in leg.pieces.iter().enumerate() {
            if !piece.honest.is_empty() && wanted(leg.leg, piece) {
                pieces.push((leg.leg, index));
            }
        }
    }
    pieces.sort_by_cached_key(|(leg, index)| {
        (*leg, std::cmp::Reverse(judged.piece(*leg, *index).and_then(|piece| piece.senders(judged.version))))
    });
    (!pieces.is_empty()).then(|| Problem::shown(title, pieces))
}

/// The pieces by which a flow is blocked for a reason, and the first of them.
fn stopped_by(judged: &Judged, reason: impl Fn(&Piece) -> bool) -> Option<(Problem, &Piece)> {
    let wanted = judged.verdict == Verdict::Blocked && !matches!(judged.standing, judge::Standing::Others { .. });
    let found = wanted.then(|| problem(String::new(), judged, |leg, piece| counts(leg) && piece.fate == Fate::Stopped && reason(piece)));
    let found = found.flatten()?;
    let (leg, index) = *found.pieces.first()?;
    Some((found, judged.piece(leg, index)?))
}

/// Whether what becomes of a packet has a say in the flow's verdict.
fn counts(leg: Leg) -> bool {
    !matches!(leg, Leg::Companion(_)) || leg.is_of_neighbours()
}
