//! The audit as JSON. Its schema is `schema/audit.json`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    answer::condition_text,
    decision::{DecidedBy, decided_by, rule_at},
    delivery::{DeliveredTo, delivered_to},
    space::Spaces,
};
use crate::{
    audited::Audited,
    audits::{
        Confidence, Finding, Severity,
        beside::Stopped,
        judge::{Fate, Judged, Judgement, Leg, Piece, Verdict},
        member::{self, Member},
        observed::{self, Observation},
        symptom::Symptom,
        trace::ending,
        translation, witness,
    },
    fixes,
    gateway::{Expect, Role},
    model::{Field, IpVersion},
    packets::{
        print::{self, Printed},
        value::Words,
    },
    simulate::outcome::Undecided,
    site::Site,
};

/// The version of the format.
pub const SCHEMA: &str = "clearway-audit-1";

/// A whole audit.
#[derive(Debug, Serialize)]
pub struct Audit<'a> {
    pub schema: &'static str,
    pub host: Host<'a>,
    pub flows: Vec<Flow>,
    pub findings: Vec<Reported>,
    /// Findings that the operator allows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    pub assumptions: Vec<String>,
    /// The other hosts into which flows were followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub onward: Vec<Onward<'a>>,
}

/// Flows as another host has them.
#[derive(Debug, Serialize)]
pub struct Onward<'a> {
    pub host: Host<'a>,
    pub flows: Vec<Flow>,
    pub findings: Vec<Reported>,
    pub assumptions: Vec<String>,
}

/// The trace of a flow.
#[derive(Debug, Serialize)]
pub struct Trace<'a> {
    pub schema: &'static str,
    pub host: Host<'a>,
    pub flows: Vec<Flow>,
}

/// Whose rules these are.
#[derive(Debug, Serialize)]
pub struct Host<'a> {
    pub name: &'a str,
    pub kernel: &'a str,
    pub netns: Option<&'a str>,
    pub taken: &'a str,
}

/// A flow with its outcomes.
#[derive(Debug, Serialize)]
pub struct Flow {
    pub flow: String,
    /// 4 or 6.
    pub ip: u8,
    pub to: String,
    pub role: Role,
    pub source: String,
    pub verdict: Verdict,
    /// What stops it though the outcomes let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Stopped>,
    /// `block` where it must not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<&'static str>,
    pub outcomes: Vec<Outcome>,
    /// Of the replies, where not all pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_outcomes: Vec<Outcome>,
    /// Of the rest of the connection, where not all pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later_outcomes: Vec<Outcome>,
    /// Of messages that these need (address resolution, path MTU), where not all pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<Needed>,
    /// What was seen of it on the host, whatever its rules say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Observation>,
}

/// A message of another protocol that a flow needs.
#[derive(Debug, Serialize)]
pub struct Needed {
    /// `neighbour asks`, `host answers`…
    pub message: &'static str,
    pub outcomes: Vec<Outcome>,
}

/// A part of a flow, with what becomes of it.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub verdict: &'static str,
    pub decided_by: DecidedBy,
    pub space: Map<String, Value>,
    pub conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_to: Option<DeliveredTo>,
    pub witness: Option<Witness>,
}

/// A packet of an outcome.
#[derive(Debug, Serialize)]
pub struct Witness {
    pub packet: Printed,
}

/// A condition, and the side of it on which the outcome lies.
#[derive(Debug, Serialize)]
pub struct Condition {
    pub condition: String,
    pub rule: Option<DecidedBy>,
    /// For a condition that holds or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// For a choice of several values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Value>,
}

/// A finding that the operator allows.
#[derive(Debug, Serialize)]
pub struct Allowed {
    pub code: &'static str,
    pub title: String,
    pub flow: String,
    pub reason: String,
    /// The last day.
    pub until: Option<String>,
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct Reported {
    pub code: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    pub title: String,
    pub flow: String,
    pub ip: u8,
    pub rule: Option<DecidedBy>,
    pub evidence: Vec<Evidence>,
    /// What of the host shows it, where it is no rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    pub symptom: Option<Symptom>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruled: Option<DecidedBy>,
    /// The rule that gave the packets another destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translated_by: Option<DecidedBy>,
    pub fixes: Vec<Proved>,
}

/// An outcome that shows a finding.
#[derive(Debug, Serialize)]
pub struct Evidence {
    /// `first`, `reply` or `later`.
    pub packet: &'static str,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The elements of sets by which the witness matched the rule that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
}

/// A proved fix.
#[derive(Debug, Serialize)]
pub struct Proved {
    /// Whose rules change: `ufw`, `firewalld`, `nft`, `iptables`, `Docker`…
    pub owner: String,
    pub commands: Vec<String>,
    pub opens: Vec<String>,
    /// The commands last beyond the owner's reload and the next boot.
    pub persistent: bool,
    /// What makes them last, if they do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persist: Vec<String>,
    /// What the operator should know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Whose rules these are.
#[must_use]
pub fn host(site: &Site) -> Host<'_> {
    let snapshot = &site.snapshot;
    Host { name: &snapshot.host, kernel: &snapshot.kernel, netns: snapshot.netns.as_deref(), taken: &snapshot.taken }
}

/// 4 or 6.
#[must_use]
pub const fn number(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 4,
        IpVersion::V6 => 6,
    }
}

/// A flow with its outcomes.
#[must_use]
pub fn flow(site: &Site, judged: &Judged) -> Flow {
    let outcomes = |leg: &Judgement| -> Vec<Outcome> { leg.pieces.iter().flat_map(|piece| outcome(site, judged, leg, piece)).collect() };
    let of_later = |leg: &Judgement| {
        let all_pass = leg.pieces.iter().all(|piece| piece.outcome.verdict == crate::simulate::outcome::Ending::Accept);
        if all_pass { Vec::new() } else { outcomes(leg) }
    };
    let [first, reply, rest] = &judged.legs;
    Flow {
        flow: judged.flow.expression.to_string(),
        ip: number(judged.version),
        to: judged.flow.expression.destination.to_string(),
        role: judged.flow.role,
        source: judged.flow.source.clone(),
        verdict: judged.verdict,
        stopped_by: judged.stopped.clone(),
        expect: (judged.flow.expect == Expect::Block).then_some("block"),
        outcomes: outcomes(first),
        reply_outcomes: of_later(reply),
        later_outcomes: of_later(rest),
        companions: judged
            .companions
            .iter()
            .filter(|leg| leg.pieces.iter().any(|piece| piece.fate != Fate::Pass && !piece.is_dropped_by_routing()))
            .map(|leg| Needed { message: leg_name(leg.leg), outcomes: outcomes(leg) })
            .collect(),
        observed: observed::of(site, judged),
    }
}

/// An outcome, one entry for each box of its packets.
fn outcome(site: &Site, judged: &Judged, leg: &Judgement, piece: &Piece) -> Vec<Outcome> {
    let version = judged.version;
    let spaces = Spaces { site, version, undecided: &leg.undecided };
    let decided = decided_by(site, version, &piece.outcome.decided_by);
    let delivered = delivered_to(site, version, &piece.outcome, Some(judged.flow.expression.protocol.0))
        .filter(|_| !matches!(leg.leg, Leg::Companion(_)));
    let mut entries = Vec::new();
    for cuboid in piece.outcome.space.boxes() {
        let packet = witness::of_box(judged, &cuboid).filter(|_| leg.leg == Leg::First);
        for space in spaces.objects(&cuboid) {
            entries.push(Outcome {
                verdict: ending(&piece.outcome.verdict),
                decided_by: decided.clone(),
                space,
                conditions: piece.outcome.conditions.iter().map(|each| condition(&spaces, each)).collect(),
                delivered_to: delivered.clone(),
                witness: packet.as_ref().map(|packet| Witness { packet: printed(site, packet) }),
            });
        }
    }
    entries
}

/// A packet, to be printed.
#[must_use]
pub fn printed(site: &Site, packet: &crate::packets::Packet) -> Printed {
    let words = Words { version: packet.version, interfaces: &site.lowered(packet.version).host.interfaces };
    let shown = |field: &Field| !matches!(field, Field::CtState | Field::OutInterface);
    print::packet(words, |field| packet.known.iter().find(|(each, _)| *each == field && shown(each)).map(|(_, value)| *value))
}

fn condition(spaces: &Spaces<'_>, undecided: &Undecided) -> Condition {
    let yes_or_no = undecided.condition.is_some() && undecided.values.single().is_some_and(|value| value < 2);
    Condition {
        condition: condition_text(spaces.site, spaces.version, undecided),
        rule: undecided.rule.map(|(hook, rule)| rule_at(spaces.site, spaces.version, hook, rule)),
        holds: yes_or_no.then(|| undecided.values.single() == Some(1)),
        values: (!yes_or_no).then(|| spaces.values(undecided.field, &undecided.values)),
    }
}

/// A finding with its evidence.
#[must_use]
pub fn finding(site: &Site, judged: &Judged, finding: &Finding, fix: Option<&fixes::Fix>) -> Reported {
    let pieces = || finding.problem.pieces.iter().filter_map(|(leg, index)| Some((*leg, judged.piece(*leg, *index)?)));
    let evidence = pieces().flat_map(|(leg, piece)| {
        let judgement = judged.judgement(leg);
        let outcomes = judgement.map(|judgement| outcome(site, judged, judgement, piece)).unwrap_or_default();
        let members = member::of_piece(site, judged, piece);
        outcomes.into_iter().map(move |outcome| Evidence { packet: leg_name(leg), outcome, members: members.clone() })
    });
    let first = pieces().next();
    let own = finding.problem.rule.map(|(version, hook, rule)| rule_at(site, version, hook, rule));
    Reported {
        code: finding.audit.code,
        severity: finding.audit.severity,
        confidence: finding.confidence,
        title: finding.problem.title.clone(),
        flow: judged.flow.expression.to_string(),
        ip: number(judged.version),
        rule: own.or_else(|| first.map(|(_, piece)| decided_by(site, judged.version, &piece.outcome.decided_by))),
        evidence: evidence.take(MOST_EVIDENCE).collect(),
        facts: finding.problem.facts.clone(),
        symptom: finding.problem.symptom(judged),
        overruled: finding.problem.overruled.as_ref().map(|decision| decided_by(site, judged.version, decision)),
        translated_by: first
            .and_then(|(_, piece)| translation::of(&site.lowered(judged.version).host, piece))
            .map(|decision| decided_by(site, judged.version, decision)),
        fixes: fix.iter().map(|fix| proved(fix)).collect(),
    }
}

/// Everything is under the flow; a finding shows the first of it.
const MOST_EVIDENCE: usize = 100;

fn proved(fix: &fixes::Fix) -> Proved {
    Proved {
        owner: fix.owner(),
        commands: fix.commands(),
        opens: fix.opens().to_vec(),
        persistent: fix.lasting() == fixes::Lasting::Always,
        persist: fix.persist().into_iter().map(fixes::Action::command).collect(),
        remarks: fix.remarks().map(str::to_owned).collect(),
    }
}

/// Which packet of the exchange.
#[must_use]
pub const fn leg_name(leg: Leg) -> &'static str {
    match leg {
        Leg::First => "first",
        Leg::Reply => "reply",
        Leg::Rest => "later",
        Leg::Companion(companion) => super::companion::name(companion),
    }
}

/// A whole audit.
#[must_use]
pub fn audit<'a>(site: &'a Site, audited: &Audited) -> Audit<'a> {
    let reported = |each: &Finding| finding(site, &audited.flows[each.flow], each, audited.fix(each).and_then(|fix| fix.as_ref().ok()));
    Audit {
        schema: SCHEMA,
        host: host(site),
        flows: audited.flows.iter().map(|judged| flow(site, judged)).collect(),
        findings: audited.findings.iter().map(reported).collect(),
        allowed: audited
            .allowed
            .iter()
            .map(|(finding, allowance)| Allowed {
                code: finding.audit.code,
                title: finding.problem.title.clone(),
                flow: audited.flows[finding.flow].flow.expression.to_string(),
                reason: allowance.reason.clone(),
                until: allowance.until.map(|until| until.to_string()),
            })
            .collect(),
        assumptions: assumptions(audited),
        onward: Vec::new(),
    }
}

/// What another host makes of the flows that come in there.
#[must_use]
pub fn onward<'a>(site: &'a Site, audited: &Audited) -> Onward<'a> {
    let Audit { host, flows, findings, assumptions, .. } = audit(site, audited);
    Onward { host, flows, findings, assumptions }
}

fn assumptions(audited: &Audited) -> Vec<String> {
    audited.shortcomings.iter().chain(&audited.assumptions).cloned().collect()
}
