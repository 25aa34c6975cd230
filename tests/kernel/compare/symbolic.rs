//! The symbolic engine on the same rules: what a set of packets does, each of its packets does.

use std::fmt::Write as _;

use clearway::{
    audits::trace,
    collect,
    model::{Field, HeaderSet, Values},
    packets::{self, Packet as Known, Record},
    simulate::{Given, Outcome, Simulation, outcome::Ending},
    site::Site,
    world::Recorded,
};

use crate::packet::Packet;

/// What the packets of a set may differ in.
const WIDE: [&[Field]; 4] = [
    &[Field::SourcePort],
    &[Field::Source, Field::SourcePort],
    &[Field::Source, Field::DestinationPort, Field::Mark],
    &[Field::Source, Field::SourcePort, Field::Ttl, Field::Dscp, Field::TcpFlags],
];

/// Sets with more outcomes are not held against each other.
const FEW: usize = 150;

/// Follows a set of packets around each of these, through the rules of the thread's network namespace. Empty if all is well.
pub fn complaints<'a>(packets: impl Iterator<Item = &'a Packet>) -> String {
    let snapshot = collect::collect(&collect::Options::default()).expect("the thread's own namespace");
    let site = Site::new(snapshot);
    let mut complaints = String::new();
    for (packet, wide) in packets.zip(WIDE.iter().cycle()) {
        let line = packet.json("").to_string();
        let record: Record<'_> = serde_json::from_str(&line).expect("a packet's line");
        let interfaces = &site.lowered(clearway::model::IpVersion::V4).host.interfaces;
        let known = packets::packet(&record, interfaces).expect("a packet");
        if let Some(complaint) = complaint(&site, &known, wide) {
            let _ = writeln!(complaints, "packet   {line}\nin a set of packets that differ in {wide:?}: {complaint}");
        }
    }
    complaints
}

fn complaint(site: &Site, packet: &Known, wide: &[Field]) -> Option<String> {
    let world = Recorded(&site.snapshot);
    let facts = packet.known.iter().filter(|(field, _)| !wide.contains(field));
    let start = facts.fold(HeaderSet::all(), |set, (field, value)| set.split(*field, &Values::one(field.width(packet.version), *value)).0);
    let start = packet.partly.iter().fold(start, |set, (field, values)| set.split(*field, values).0);
    let given = packet.state.map_or(Given::First, Given::State);
    let outcomes = Simulation::new(&site.lowered(packet.version).host, &world).run(start.clone(), given).outcomes();
    let traced = trace::outcomes(site, &world, packet);
    partition(&start, &outcomes).or_else(|| follows(packet, &outcomes, &traced))
}

/// The outcomes are all that went in, and disjoint where they rest on the same conditions.
fn partition(start: &HeaderSet, outcomes: &[Outcome<HeaderSet>]) -> Option<String> {
    let all = outcomes.iter().fold(HeaderSet::empty(), |all, outcome| all.or(outcome.space.clone()));
    if !start.minus(&all).is_empty() {
        return Some(format!("{:?} is in no outcome", start.minus(&all).witness()));
    }
    if !all.minus(start).is_empty() {
        return Some(format!("{:?} came from nowhere", all.minus(start).witness()));
    }
    let sides = |outcome: &Outcome<HeaderSet>| outcome.conditions.iter().map(|each| (each.field, each.values.clone())).collect::<Vec<_>>();
    let few = &outcomes[..outcomes.len().min(FEW)];
    few.iter().enumerate().find_map(|(at, one)| {
        let other = few[at + 1..].iter().find(|two| sides(one) == sides(two) && !one.space.and(&two.space).is_empty())?;
        Some(format!("{:?} and {:?} overlap", one.decided_by, other.decided_by))
    })
}

/// Where all is known of the packet's end, the sets that it is in have that end, too. What it was not given takes any value there.
fn follows<S>(packet: &Known, outcomes: &[Outcome<HeaderSet>], traced: &[Outcome<S>]) -> Option<String> {
    let [traced] = traced else { return None };
    if !traced.conditions.is_empty() || matches!(traced.verdict, Ending::Unknown(_)) {
        return None;
    }
    let value = |field: Field| match packet.known.iter().find(|(each, _)| *each == field) {
        Some((_, value)) => *value,
        None => packet.partly.iter().find(|(each, _)| *each == field).and_then(|(_, values)| values.first()).unwrap_or(0),
    };
    let mut around = outcomes.iter().filter(|outcome| outcome.space.contains(value));
    let differs = |outcome: &&Outcome<HeaderSet>| {
        // Sets too wide to be followed exactly, or a load that only a known packet decides.
        let open = !outcome.conditions.is_empty() || matches!(outcome.verdict, Ending::Unknown(_));
        let end = (&outcome.verdict, &outcome.decided_by, &outcome.delivery);
        !open && end != (&traced.verdict, &traced.decided_by, &traced.delivery)
    };
    around.find(differs).map(|outcome| {
        format!("{:?} by {:?}, but the packet {:?} by {:?}", outcome.verdict, outcome.decided_by, traced.verdict, traced.decided_by)
    })
}
