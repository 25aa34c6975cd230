//! What an edit opens, in words for people: `tcp/443 from 198.51.100.0/24 to 203.0.113.10`.

use super::matching::{Matching, range};
use crate::model::{Field, Host, IpVersion, Values};

/// More pieces of one field than this are told by their number.
const MOST: usize = 8;

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
