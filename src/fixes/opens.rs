//! What an edit opens: whether it is only what it should be, and in words for people (`tcp/443 from 198.51.100.0/24 to 203.0.113.10`).

use rustc_hash::FxHashSet;

use super::{
    edit::Edit,
    matching::{Matching, range},
    prove::Unproved,
};
use crate::{
    model::{Field, HeaderSet, Host, IpVersion, Step, Test, Values, values::Relation},
    simulate::{Given, Simulation},
    world::World,
};

/// The fields that say who talks to whom.
const WHO: [Field; 5] = [Field::InInterface, Field::Protocol, Field::Source, Field::Destination, Field::DestinationPort];

/// Beyond so many rules it takes too long to follow all packets that a translation could meet.
const MOST_RULES: usize = 10_000;

/// More pieces of one field than this are told by their number.
const MOST: usize = 8;

/// Runs every packet that the new rule can touch before and after: what passes now and did not before must be of the flow. (A rule for later
/// packets matches established ones only, whose first packet had to pass before; one for messages that a flow needs, nothing but those.)
pub fn only(before: &Host, after: &Host, world: &dyn World, allowed: &HeaderSet, edit: &Edit, translated: bool) -> Result<(), Unproved> {
    if translated && before.rules() > MOST_RULES {
        return Err(Unproved::Undecided("too many rules to tell what else comes by a translation".into()));
    }
    // What is translated on the way may have had any destination before.
    let told_at_start = |field: Field| match field {
        Field::OutInterface | Field::CtStatus | Field::CtState => false,
        Field::Destination | Field::DestinationPort => !translated,
        _ => true,
    };
    let mut start = HeaderSet::all();
    match edit {
        Edit::Insert { matching, .. } => {
            for (field, values) in matching.fields() {
                if told_at_start(*field) {
                    start = start.split(*field, values).0;
                }
            }
        }
        // Whatever the rule stopped.
        Edit::Remove(rule) => {
            let tests = before.chains.get(rule.chain.0 as usize).and_then(|chain| chain.rules.get(rule.index as usize));
            for step in tests.iter().flat_map(|rule| &rule.steps) {
                if let Step::Test(Test::In { field: Field::Source, values }) = step {
                    start = start.split(Field::Source, values).0;
                }
            }
        }
        Edit::Set(setting) => start = start.split(Field::InInterface, &Values::one(32, u128::from(setting.interface()))).0,
    }
    let sent = Values::one(32, 0);
    let own = allowed.relation(Field::InInterface, &sent) == Relation::Inside;
    let (from_here, from_outside) = start.split(Field::InInterface, &sent);
    // Who comes in by lo is this host, whose packets begin before they leave by it.
    let loopback = before.interfaces.iter().filter(|each| each.loopback).map(|each| (each.index.into(), each.index.into()));
    let from_outside = from_outside.split(Field::InInterface, &Values::from_ranges(32, loopback)).1;
    let start = if own { from_here } else { from_outside };
    let accepted = |host: &Host| {
        let run = Simulation::new(host, world).run(start.clone(), Given::First);
        run.accepted().fold(HeaderSet::empty(), |all, finished| all.or(finished.strand.space.clone()))
    };
    // What a first packet must look like besides is no matter of who talks to whom.
    let who = |set: &HeaderSet| {
        let others = set.boxes().flatten().map(|(field, _)| field).filter(|field| !WHO.contains(field)).collect::<FxHashSet<_>>();
        others.into_iter().fold(set.clone(), |set, field| set.forget(field))
    };
    // The translation, not the new rule, decides for which destinations it is: the rule says only to what they are translated.
    let mut allowed = if translated { allowed.forget(Field::Destination) } else { allowed.clone() };
    if let Edit::Insert { matching, .. } = edit
        && translated
        && !matching.reads_connection()
    {
        let fields = matching.fields().filter(|(field, _)| *field != Field::OutInterface);
        allowed = allowed.or(fields.fold(HeaderSet::all(), |set, (field, values)| set.split(*field, values).0));
    }
    // A ban goes as a whole: what is told of it is all that its rule stopped.
    let allowed = if matches!(edit, Edit::Remove(_)) { who(&start) } else { who(&allowed) };
    let is_more = |packets: &HeaderSet| !who(packets).minus(&allowed).is_empty();
    // Mostly all that the edit touches is of the flow; then nothing need be known of the time before.
    let accepted_after = accepted(after);
    if is_more(&accepted_after) && is_more(&accepted_after.minus(&accepted(before))) {
        return Err(Unproved::OpensMore);
    }
    Ok(())
}

/// The packets that the edit lets pass; `own` are sent by this host.
#[must_use]
pub fn words(matching: &Matching, host: &Host, own: bool) -> String {
    let values = |field: Field| matching.fields().find(|(each, _)| *each == field).map(|(_, values)| values);
    let Some(protocol) = values(Field::Protocol).and_then(Values::single) else { return matching.nft(host).unwrap_or_default() };
    // Messages and later packets have no words but those of a rule.
    if !matches!(protocol, 6 | 17) || values(Field::CtState).is_some() {
        return matching.nft(host).unwrap_or_default();
    }
    let name = if protocol == 6 { "tcp" } else { "udp" };
    let mut words = match values(Field::DestinationPort).and_then(|values| values.ranges(MOST)) {
        Some(ports) => format!("{name}/{}", ports.iter().map(|(low, high)| ends(*low, *high)).collect::<Vec<_>>().join(",")),
        None => name.to_owned(),
    };
    let hosts = |field, version| values(field).map_or_else(|| "anywhere".to_owned(), |values| networks(values, version));
    let from = if own && values(Field::Source).is_none() { "this host".to_owned() } else { hosts(Field::Source, host.version) };
    words.push_str(&format!(" from {from} to {}", hosts(Field::Destination, host.version)));
    for (field, word) in [(Field::InInterface, "in"), (Field::OutInterface, "out")] {
        if let Some(values) = values(field) {
            let names = host.interfaces.iter().filter(|each| values.contains(u128::from(each.index))).map(|each| each.name.as_str());
            words.push_str(&format!(" {word} {}", names.collect::<Vec<_>>().join(",")));
        }
    }
    words
}

fn ends(low: u128, high: u128) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

fn networks(values: &Values, version: IpVersion) -> String {
    match values.ranges(MOST) {
        Some(ranges) => ranges.iter().map(|(low, high)| range(*low, *high, version)).collect::<Vec<_>>().join(","),
        None => "many networks".to_owned(),
    }
}
