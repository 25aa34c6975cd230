//! The causes that an audit finds for what a log tells, the likeliest first.

use std::net::IpAddr;

use super::{Event, Phase};
use crate::{
    audited::Audited,
    audits::{
        Finding, Severity,
        judge::{Judged, Leg},
    },
    gateway::{
        Role,
        expression::{Hosts, Protocol, number},
    },
    model::{Field, HeaderSet, Values},
    simulate::outcome::Decision,
};

/// An event with what an audit says of it.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    pub event: Event,
    /// Lines of the log that tell it.
    pub lines: usize,
    /// The flows that it is about, by their index among those audited.
    pub flows: Vec<usize>,
    /// The findings about them, by their index: those that predict what the log tells, then the others.
    pub causes: Vec<usize>,
    /// How many of them predict it.
    pub agreeing: usize,
}

/// Ranks what was found about an event.
#[must_use]
pub fn rank(event: &Event, lines: usize, audited: &Audited) -> Diagnosis {
    let flows: Vec<usize> = (0..).zip(&audited.flows).filter(|(_, judged)| is_of(event, judged)).map(|(index, _)| index).collect();
    let about = |finding: &Finding| finding.audit.severity > Severity::Note && flows.contains(&finding.flow);
    let found = (0..).zip(&audited.findings).filter(|(_, finding)| about(finding));
    let (mut causes, others): (Vec<(usize, &Finding)>, Vec<_>) =
        found.partition(|(_, finding)| audited.flows.get(finding.flow).is_some_and(|judged| predicts(finding, judged, event)));
    let agreeing = causes.len();
    causes.extend(others);
    let causes = causes.into_iter().map(|(index, _)| index).collect();
    Diagnosis { event: event.clone(), lines, flows, causes, agreeing }
}

/// Whether a flow is what the event tells of.
#[must_use]
pub fn is_of(event: &Event, judged: &Judged) -> bool {
    if let Some(told) = &event.socket {
        return matches!(&judged.flow.expression.destination.hosts, Hosts::Socket(path) if path == told);
    }
    if let Some(name) = &event.group {
        return judged.flow.wanted.as_ref().is_some_and(|wanted| wanted.proxy == event.writer && wanted.label.as_ref() == Some(name));
    }
    let flow = &judged.flow;
    let protocol = Protocol(match event.protocol.as_str() {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        other => other.parse().unwrap_or(u8::MAX),
    });
    let sent_by = match event.source {
        // Proxies write about what they send, also those in containers.
        None => matches!(flow.role, Role::Upstream | Role::Resolver | Role::Loopback),
        Some(_) => true,
    };
    let version = if event.destination.is_ipv4() { crate::model::IpVersion::V4 } else { crate::model::IpVersion::V6 };
    if flow.expression.protocol != protocol || !sent_by || judged.version != version {
        return false;
    }
    let one = |field: Field, value: u128| (field, Values::one(field.width(version), value));
    let address = |address: IpAddr| number(address);
    let mut wanted = vec![one(Field::Destination, address(event.destination.ip()))];
    // A later fragment tells none.
    if protocol.has_ports() && event.destination.port() != 0 {
        wanted.push(one(Field::DestinationPort, event.destination.port().into()));
    }
    wanted.extend(event.source.map(|source| one(Field::Source, address(source))));
    let packets = wanted.iter().fold(judged.start.packets.clone(), |set: HeaderSet, (field, values)| set.split(*field, values).0);
    !packets.is_empty()
}

/// Whether what a finding predicts is what the event tells.
fn predicts(finding: &Finding, judged: &Judged, event: &Event) -> bool {
    let later =
        finding.problem.pieces.first().is_some_and(|(leg, _)| matches!(leg, Leg::Rest | Leg::Companion(_)) && !leg.is_of_neighbours());
    let Some(symptom) = finding.problem.symptom(judged) else { return false };
    match event.phase {
        // What was logged is the packet itself, and only a rule logs before it stops one.
        Phase::Packet => finding.problem.pieces.iter().any(|(leg, index)| {
            *leg == Leg::First
                && judged.piece(*leg, *index).is_some_and(|piece| !matches!(piece.outcome.decided_by, Decision::Stage { .. }))
        }),
        Phase::Waiting => later,
        Phase::Connecting => {
            // A proxy that loses patience before the kernel does logs its own number.
            let logged = symptom.seen.as_ref().and_then(|seen| seen.log.as_deref()).and_then(number_in);
            !later && event.errno.is_none_or(|errno| logged.or(symptom.errno) == Some(errno))
        }
    }
}

/// The error number that a log line has: `(111: …`.
fn number_in(log: &str) -> Option<u32> {
    log.rsplit_once('(')?.1.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// What else makes a proxy or the kernel say so, where nothing of this host does.
#[must_use]
pub fn elsewhere(event: &Event) -> &'static str {
    match (event.phase, event.errno) {
        (Phase::Packet, _) => {
            "no rule of now stops such a packet: the rule that logged it may let it pass, or the rules have changed since"
        }
        (Phase::Waiting, _) => {
            "the connection came about: the service is slow or stuck, or big packets get lost on the way (path MTU). Look at the service's own log, and at what a long answer does"
        }
        (Phase::Connecting, Some(111)) => {
            "the other side refused it: nothing listens there, or its firewall, or one on the way, rejects with a reset or port-unreachable"
        }
        (Phase::Connecting, Some(113)) => {
            "a router or firewall beyond this host said that the host is unreachable or prohibited, or nobody answered for it on the link at that time"
        }
        (Phase::Connecting, Some(101)) => "no route led there at that time, or a router said so",
        (Phase::Connecting, Some(1 | 13)) => {
            "something on this host that is no rule forbade it: a security module, a program on the cgroup, or a policy that has changed since"
        }
        (Phase::Connecting, Some(2)) => {
            "the socket file was not there at that time: the service had not started yet, or makes it elsewhere"
        }
        (Phase::Connecting, _) => {
            "nobody answered: a firewall beyond this host drops it, the other host is down, or answers take a way around this host"
        }
    }
}
