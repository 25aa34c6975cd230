//! What becomes of a flow on the next host: the packets that leave here for one of its addresses are judged there as they come in.

use super::{
    beside::{self, Stopped},
    judge::{self, Fate, Judged, Piece, Verdict},
    reboot::{decisive, words},
};
use crate::{
    gateway::{
        self, Flow,
        expression::{Block, Endpoint, Expression, Hosts},
        inner::blocks,
    },
    model::{Bits, Field, IpVersion, Values},
    simulate::outcome::Delivery,
    site::Site,
    world::Recorded,
};

/// Over so many hosts a packet is followed.
const MOST_HOSTS: usize = 4;

/// So many ranges of ports of one flow are told apart.
const MOST_PORTS: usize = 64;

/// What came of it.
#[derive(Debug, Default)]
pub struct Onward {
    /// The flows as each of the other hosts has them, in the order of the hosts.
    pub arrived: Vec<Vec<Judged>>,
    /// What could not be followed, each as a sentence.
    pub untold: Vec<String>,
}

/// Follows flows of a host into the others, and tells their verdicts what happens there.
#[must_use]
pub fn follow(site: &Site, others: &[Site], flows: &mut [Judged]) -> Onward {
    let mut onward = Onward { arrived: others.iter().map(|_| Vec::new()).collect(), untold: Vec::new() };
    for judged in flows.iter_mut() {
        onward.follow(site, others, judged, &mut Vec::new());
    }
    for (other, arrived) in others.iter().zip(&onward.arrived).filter(|_| !flows.is_empty()) {
        if arrived.is_empty() {
            let name = &other.snapshot.host;
            onward.untold.push(format!("nothing that {} lets through goes to an address of {name}", site.snapshot.host));
        }
    }
    onward
}

impl Onward {
    /// `on` are the hosts that it has come through.
    fn follow(&mut self, site: &Site, others: &[Site], judged: &mut Judged, on: &mut Vec<usize>) {
        beside::consider(site, judged);
        if judged.stopped.is_some() || on.len() >= MOST_HOSTS {
            return;
        }
        let mut worst: Option<(Verdict, Stopped)> = None;
        for (number, next) in others.iter().enumerate().filter(|(number, _)| !on.contains(number)).collect::<Vec<_>>() {
            for flow in self.arriving(site, judged, next) {
                let hosts = [IpVersion::V4, IpVersion::V6].map(|version| &next.lowered(version).host);
                // Only interfaces that a flow names can be missing.
                for start in gateway::starts(&flow, hosts, &next.network).unwrap_or_default() {
                    let mut there = judge::judge(next, &Recorded(&next.snapshot), &flow, start);
                    if !next.shortcomings().is_empty() {
                        there.doubt();
                    }
                    on.push(number);
                    self.follow(next, others, &mut there, on);
                    on.pop();
                    let found = stopped(next, &there);
                    if let Some(found) = found.filter(|(verdict, _)| worst.as_ref().is_none_or(|(worst, _)| rank(*verdict) > rank(*worst)))
                    {
                        worst = Some(found);
                    }
                    if let Some(arrived) = self.arrived.get_mut(number) {
                        arrived.push(there);
                    }
                }
            }
        }
        if let Some((verdict, stopped)) = worst.filter(|(verdict, _)| rank(*verdict) > rank(judged.verdict)) {
            judged.verdict = verdict;
            judged.stopped = Some(stopped);
        }
    }

    /// What leaves a host for an address of the next, as flows that come in there.
    fn arriving(&mut self, site: &Site, judged: &Judged, next: &Site) -> Vec<Flow> {
        let [first, ..] = &judged.legs;
        let mut flows: Vec<Flow> = Vec::new();
        for piece in first.pieces.iter().filter(|piece| leaves(piece)) {
            let width = Field::Destination.width(judged.version);
            let Some(to) = now(piece, Field::Destination, width) else { continue };
            let to = to.and(&own(next, judged.version));
            if to.is_empty() {
                continue;
            }
            let from = now(piece, Field::Source, width).and_then(|from| blocks(&from, judged.version));
            let ports = now(piece, Field::DestinationPort, 16).and_then(|ports| ranges(&ports));
            let (Some(from), Some(to), Some(ports)) = (from, blocks(&to, judged.version), ports) else {
                let (here, there) = (&site.snapshot.host, &next.snapshot.host);
                self.untold.push(format!(
                    "{} was not followed from {here} into {there}: which address or port it has then is not known",
                    judged.flow.expression
                ));
                continue;
            };
            let flow = arrived(site, judged, from, Endpoint { hosts: Hosts::Blocks(to), ports });
            if !flows.iter().any(|other| other.expression == flow.expression) {
                flows.push(flow);
            }
        }
        flows
    }
}

fn arrived(site: &Site, judged: &Judged, from: Vec<Block>, destination: Endpoint) -> Flow {
    let expression = Expression {
        source: Endpoint { hosts: Hosts::Blocks(from), ports: Vec::new() },
        destination,
        incoming: None,
        outgoing: None,
        mark: None,
        ..judged.flow.expression.clone()
    };
    Flow {
        expression,
        version: Some(judged.version),
        source: format!("from {}: {}", site.snapshot.host, judged.flow.expression),
        if_translated: false,
        uid: None,
        namespace: None,
        socket: None,
        from: Some(site.snapshot.host.clone()),
        ..judged.flow.clone()
    }
}

fn leaves(piece: &Piece) -> bool {
    let out = matches!(piece.outcome.delivery, Delivery::Sent { .. } | Delivery::Forward { .. });
    out && !piece.honest.is_empty() && matches!(piece.fate, Fate::Pass | Fate::Sometimes)
}

/// The values of a field as the packets leave; none where only the kernel's choice or a map tells.
fn now(piece: &Piece, field: Field, width: u8) -> Option<Values> {
    match piece.outcome.changed.get(field) {
        None => Some(piece.honest.values(field, width)),
        Some(bits) => Bits::as_constant(bits).map(|value| Values::one(width, value)),
    }
}

/// Ports as an expression has them: none for all; None where they are too many.
fn ranges(ports: &Values) -> Option<Vec<(u16, u16)>> {
    if ports.is_all() {
        return Some(Vec::new());
    }
    let port = |(low, high): (u128, u128)| Some((u16::try_from(low).ok()?, u16::try_from(high).ok()?));
    ports.ranges(MOST_PORTS)?.into_iter().map(port).collect()
}

/// A host's own addresses that others can mean.
fn own(site: &Site, version: IpVersion) -> Values {
    let host = &site.lowered(version).host;
    let meant = |address: u128| match version {
        IpVersion::V4 => address >> 24 != 127,
        IpVersion::V6 => address != 1 && address >> 118 != 0xfe80 >> 6,
    };
    let addresses = host.interfaces.iter().flat_map(|interface| &interface.addresses).filter(|(address, _)| meant(*address));
    Values::from_ranges(Field::Destination.width(version), addresses.map(|&(address, _)| (address, address)))
}

/// What stops a flow on the host on which it was judged; none if it passes.
fn stopped(site: &Site, judged: &Judged) -> Option<(Verdict, Stopped)> {
    let (host, code) = (Some(site.snapshot.host.clone()), None);
    let reason = match (&judged.stopped, judged.verdict) {
        (_, Verdict::Pass) => return None,
        // Further on, or beside its rules.
        (Some(stopped), verdict) => {
            return Some((verdict, Stopped { host: stopped.host.clone().or(host), ..stopped.clone() }));
        }
        (None, Verdict::Refused) => "nothing listens".to_owned(),
        (None, Verdict::Unknown) => "it can't be told what becomes of it".to_owned(),
        (None, _) => decisive(judged).map(|decision| words(site, judged.version, decision)).unwrap_or_default(),
    };
    Some((judged.verdict, Stopped { host, code, reason }))
}

/// How bad a verdict is.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Degraded => 1,
        Verdict::Partly => 2,
        Verdict::Unknown => 3,
        Verdict::Refused => 4,
        Verdict::Blocked => 5,
    }
}
