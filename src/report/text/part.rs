//! Which part of a flow is meant, in words: "clients in 203.0.113.0/24".

use crate::{
    audits::judge::{Judged, Judgement},
    gateway::{Role, expression::Hosts},
    model::{Field, HeaderSet, Side, Values, set::Content, values::Relation},
    report::space::Spaces,
    site::Site,
};

/// A part with more boxes, or a field with more intervals, is told by its first ones.
const MOST: usize = 4;

/// Honest packets, told by what sets them apart from the rest of the flow.
#[must_use]
pub fn words(site: &Site, judged: &Judged, leg: &Judgement, packets: &HeaderSet) -> String {
    let spaces = Spaces { site, version: judged.version, undecided: &leg.undecided };
    let packets = telling(packets, &judged.start.legitimate);
    let mut parts: Vec<String> = Vec::new();
    let mut more = 0;
    for cuboid in packets.boxes() {
        if parts.len() == MOST {
            more += 1;
            continue;
        }
        let words = of_box(&spaces, judged, &judged.start.legitimate, &cuboid);
        if !parts.contains(&words) {
            parts.push(words);
        }
    }
    if more > 0 {
        parts.push(format!("… and {more} more parts"));
    }
    parts.join("; ")
}

/// The same packets of the flow, with the fields left out that do not tell them from the rest of it.
fn telling(packets: &HeaderSet, flow: &HeaderSet) -> HeaderSet {
    let mut fields: Vec<Field> = packets.boxes().take(MOST_TRIED).flatten().map(|(field, _)| field).collect();
    fields.sort_unstable();
    fields.dedup();
    if packets.boxes().nth(MOST_TRIED).is_some() {
        return packets.clone();
    }
    fields.into_iter().fold(packets.clone(), |told, field| {
        let wider = told.forget(field);
        if wider.and(flow).minus(packets).is_empty() { wider } else { told }
    })
}

/// Sets of more boxes are told as they are.
const MOST_TRIED: usize = 64;

fn of_box(spaces: &Spaces<'_>, judged: &Judged, flow: &HeaderSet, cuboid: &[Side]) -> String {
    let sender = match (judged.flow.role, &judged.flow.expression.source.hosts) {
        (Role::Client | Role::Service, _) => "clients",
        (_, Hosts::Local) => "this host",
        // A proxy in another network namespace.
        _ => judged.sender(),
    };
    let mut sentence = sender.to_owned();
    let mut rest = Vec::new();
    for (field, values) in cuboid {
        let all = flow.values(*field, field.width(judged.version));
        if **values == all {
            continue;
        }
        match field {
            Field::Choice(_) | Field::Register(_) => {}
            Field::Source => sentence = format!("{sender} in {}", list(spaces, *field, values, &all)),
            Field::Member(number) => {
                if let Some(member) = spaces.undecided.membership(*number) {
                    let set = spaces.site.lowered(spaces.version).host.sets.get(member.set.0 as usize);
                    let count = set.and_then(|set| if let Content::Asked { count } = set.content { count } else { None });
                    let count = count.map_or_else(String::new, |count| format!(" ({count} elements)"));
                    let inside = if values.single() == Some(1) { "in" } else { "not in" };
                    sentence = format!("{sentence} {inside} {}{count}", spaces.set_name(member));
                }
            }
            Field::InInterface => rest.push(format!("coming in by {}", list(spaces, *field, values, &all))),
            Field::Destination => rest.push(format!("to {}", list(spaces, *field, values, &all))),
            Field::SourcePort => rest.push(format!("from port {}", list(spaces, *field, values, &all))),
            Field::DestinationPort => rest.push(format!("to port {}", list(spaces, *field, values, &all))),
            _ => rest.push(format!("with {} {}", field.name(), list(spaces, *field, values, &all))),
        }
    }
    if sentence == sender && rest.is_empty() {
        return if sender == "clients" { "all clients".into() } else { format!("everything that {sender} sends there") };
    }
    rest.insert(0, sentence);
    rest.join(", ")
}

/// The values of a field, or what they leave out where that is shorter. Values that no honest packet has count for either side.
fn list(spaces: &Spaces<'_>, field: Field, values: &Values, all: &Values) -> String {
    let few = |words: &[String]| {
        let more = words.len().saturating_sub(MOST);
        let mut shown = words.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            shown.push_str(&format!(" and {more} more"));
        }
        shown
    };
    let inside = spaces.words(field, values);
    let outside = all.minus(values);
    let rounded = |these: &Values, others: &Values| {
        let runs = others.complement().ranges(MOST_RUNS).unwrap_or_default();
        let told = runs.into_iter().filter(|&(low, high)| {
            let run = Values::range(values.width(), low, high);
            run.relation(these) != Relation::Outside
        });
        spaces.words(field, &Values::from_ranges(values.width(), told))
    };
    let fewer = [(rounded(values, &outside), ""), (rounded(&outside, values), "all but ")];
    let shortest = fewer.iter().filter(|(words, _)| !words.is_empty()).min_by_key(|(words, _)| words.len());
    match shortest {
        Some((words, before)) if words.len() < inside.len() => format!("{before}{}", few(words)),
        _ => few(&inside),
    }
}

/// Beyond so many runs nothing gets shorter.
const MOST_RUNS: usize = 1000;
