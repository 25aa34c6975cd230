//! What an inserted rule matches, in iptables' words.

use super::matching::{Matching, prefixes, range};
use crate::model::{Field, Host, IpVersion, Values};

/// More pieces than this in one match are no small fix any more.
const MOST_PIECES: usize = 64;

/// Room of `-m multiport`; a range takes two.
const MOST_PORTS: usize = 15;

const TCP: u128 = 6;
const UDP: u128 = 17;

/// The options of the rules that together match the same; none if it takes too many words.
#[must_use]
pub fn options(matching: &Matching, host: &Host) -> Option<Vec<String>> {
    let values = |field: Field| matching.fields().find(|(each, _)| *each == field).map(|(_, values)| values);
    let protocol = values(Field::Protocol).map(|values| values.single().ok_or(())).transpose().ok()?;
    let mut words = Vec::new();
    // The order in which iptables prints them; several addresses of one option are several rules.
    for (field, option) in [(Field::Source, "-s"), (Field::Destination, "-d")] {
        if let Some(values) = values(field) {
            words.push(addresses(option, field, values, host.version)?);
        }
    }
    for (field, option) in [(Field::InInterface, "-i"), (Field::OutInterface, "-o")] {
        if let Some(values) = values(field) {
            words.push(format!("{option} {}", interface(values, host)?));
        }
    }
    let translated = values(Field::CtStatus).map(|_| "-m conntrack --ctstate DNAT".to_owned());
    let state = values(Field::CtState).map(states).or(translated);
    if let Some(types) = icmp(protocol, values(Field::SourcePort)) {
        words.extend(state);
        return Some(types.iter().map(|kind| [words.as_slice(), &[kind.to_string()]].concat().join(" ")).collect());
    }
    if let Some(protocol) = protocol {
        words.push(match protocol {
            TCP => "-p tcp".into(),
            UDP => "-p udp".into(),
            number => format!("-p {number}"),
        });
    }
    for (field, option) in [(Field::SourcePort, "sport"), (Field::DestinationPort, "dport")] {
        if let Some(values) = values(field) {
            words.push(ports(option, protocol?, values)?);
        }
    }
    words.extend(state);
    let known = |field: &Field| {
        matches!(
            field,
            Field::Source
                | Field::Destination
                | Field::InInterface
                | Field::OutInterface
                | Field::Protocol
                | Field::SourcePort
                | Field::DestinationPort
                | Field::CtStatus
                | Field::CtState
        )
    };
    matching.fields().all(|(field, _)| known(field)).then(|| vec![words.join(" ")])
}

/// One range, or prefixes, for each of which there will be a rule.
fn addresses(option: &str, field: Field, values: &Values, version: IpVersion) -> Option<String> {
    let ranges = values.ranges(MOST_PIECES)?;
    if let [(low, high)] = ranges.as_slice() {
        let one = range(*low, *high, version);
        let end = if field == Field::Source { "src" } else { "dst" };
        return Some(if one.contains('-') { format!("-m iprange --{end}-range {one}") } else { format!("{option} {one}") });
    }
    let most = MOST_PIECES + 1;
    let pieces: Vec<String> = ranges.iter().flat_map(|(low, high)| prefixes(*low, *high, version, most)).take(most).collect();
    (pieces.len() <= MOST_PIECES).then(|| format!("{option} {}", pieces.join(",")))
}

fn interface<'a>(values: &Values, host: &'a Host) -> Option<&'a str> {
    let mut named = host.interfaces.iter().filter(|each| values.contains(u128::from(each.index)));
    let only = named.next()?;
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.' | '@');
    (named.next().is_none() && only.name.chars().all(plain)).then_some(only.name.as_str())
}

/// One range, or a list of a few.
fn ports(option: &str, protocol: u128, values: &Values) -> Option<String> {
    let name = match protocol {
        TCP => "tcp",
        UDP => "udp",
        _ => return None,
    };
    let ranges = values.ranges(MOST_PORTS)?;
    let pieces: Vec<String> =
        ranges.iter().map(|(low, high)| if low == high { low.to_string() } else { format!("{low}:{high}") }).collect();
    let room: usize = pieces.iter().map(|piece| if piece.contains(':') { 2 } else { 1 }).sum();
    match pieces.as_slice() {
        [piece] => Some(format!("-m {name} --{option} {piece}")),
        _ if room <= MOST_PORTS => Some(format!("-m multiport --{option}s {}", pieces.join(","))),
        _ => None,
    }
}

/// Messages that flows need ([`Matching::of_companion`]), a rule each.
fn icmp(protocol: Option<u128>, types: Option<&Values>) -> Option<&'static [&'static str]> {
    match (protocol?, types?.first()? >> 8) {
        (1, 3) => Some(&["-p icmp -m icmp --icmp-type 3/4"]),
        (58, 2) => Some(&["-p ipv6-icmp -m icmp6 --icmpv6-type 2"]),
        (58, 135) => Some(&["-p ipv6-icmp -m icmp6 --icmpv6-type 135", "-p ipv6-icmp -m icmp6 --icmpv6-type 136"]),
        _ => None,
    }
}

fn states(values: &Values) -> String {
    const NAMES: [(u128, &str); 5] = [(1, "INVALID"), (8, "NEW"), (4, "RELATED"), (2, "ESTABLISHED"), (64, "UNTRACKED")];
    let names: Vec<&str> = NAMES.iter().filter(|(bit, _)| values.contains(*bit)).map(|(_, name)| *name).collect();
    format!("-m conntrack --ctstate {}", names.join(","))
}
