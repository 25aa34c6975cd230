//! What an inserted rule matches: a few header fields, as a set and in nft's words.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{Ipv4Subnets, Ipv6Subnets};

use crate::{
    model::{Bits, Field, HeaderSet, Host, IpVersion, Test, Values, bits::ones},
    simulate::{
        Companion,
        conntrack::{ESTABLISHED, NEW, RELATED},
    },
};

/// More pieces than this in one match are no small fix any more.
const PIECE_LIMIT: usize = 64;

const ICMP: u128 = 1;
const ICMPV6: u128 = 58;

/// Fields that a match may name, in the order in which operators write them.
const FIELDS: [Field; 9] = [
    Field::InInterface,
    Field::OutInterface,
    Field::Protocol,
    Field::Source,
    Field::Destination,
    Field::SourcePort,
    Field::DestinationPort,
    Field::CtStatus,
    Field::CtState,
];

/// `IPS_DST_NAT`: the destination of the connection was translated.
const TRANSLATED: u128 = 1 << 5;

/// Bytes of both ports.
const PORTS: u128 = 4;

/// A conjunction of fields with their values, as the packet is where the rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching(Vec<(Field, Values)>);

impl Matching {
    /// The packets of a space, seen through what has changed on their way. None if a field follows from others there.
    pub fn of(space: &HeaderSet, changed: &[(Field, Bits)], host: &Host, fields: &[Field]) -> Option<Self> {
        let mut list = Vec::new();
        for field in FIELDS.into_iter().filter(|field| fields.contains(field)) {
            let width = field.width(host.version);
            if field == Field::CtStatus {
                let status = changed.iter().find(|(each, _)| *each == field).and_then(|(_, bits)| bits.as_constant())?;
                if status & TRANSLATED == 0 {
                    return None;
                }
                list.push((field, Values::masked(width, TRANSLATED, TRANSLATED)));
                continue;
            }
            let values = match changed.iter().find(|(each, _)| *each == field) {
                None => space.values(field, width),
                Some((_, bits)) => match (bits.as_constant(), bits.as_field(host.version)) {
                    (Some(value), _) => Values::one(width, value),
                    (None, Some(original)) => space.values(original, width),
                    (None, None) => return None,
                },
            };
            // No interface is no name that a rule could ask for.
            let nowhere = matches!(field, Field::InInterface | Field::OutInterface) && values.single() == Some(0);
            if !values.is_all() && !nowhere {
                list.push((field, values));
            }
        }
        Some(Self(list))
    }

    /// The messages of a kind that flows need, with their counterpart: who may ask may be answered.
    pub fn of_companion(companion: Companion, changed: &[(Field, Bits)], host: &Host) -> Self {
        let one_of = |field: Field, values: &[u128]| (field, Values::from_ranges(16, values.iter().map(|value| (*value, *value))));
        let types = |types: &[u128]| (Field::SourcePort, Values::from_ranges(16, types.iter().map(|kind| (kind << 8, kind << 8 | 0xff))));
        let protocol = |number| (Field::Protocol, Values::one(8, number));
        let related = changed.iter().any(|(field, bits)| *field == Field::CtState && bits.as_constant() == Some(RELATED));
        let mut list = if related { vec![(Field::CtState, Values::one(32, RELATED))] } else { Vec::new() };
        list.extend(match (host.version, companion.is_of_neighbours()) {
            (IpVersion::V4, true) => vec![one_of(Field::ArpOperation, &[1, 2])],
            (IpVersion::V6, true) => vec![protocol(ICMPV6), types(&[135, 136])],
            (IpVersion::V4, false) => vec![protocol(ICMP), one_of(Field::SourcePort, &[3 << 8 | 4])],
            (IpVersion::V6, false) => vec![protocol(ICMPV6), types(&[2])],
        });
        Self(list)
    }

    /// The same, with one prefix around each of several addresses; none if that is no other.
    pub fn widened(&self, version: IpVersion) -> Option<Self> {
        let widened = |(field, values): &(Field, Values)| {
            let ranges = values.ranges(PIECE_LIMIT).filter(|_| matches!(field, Field::Source | Field::Destination));
            match ranges.as_deref() {
                Some([(low, _), .., (_, high)]) => (*field, around(*low, *high, field.width(version))),
                _ => (*field, values.clone()),
            }
        };
        Some(Self(self.0.iter().map(widened).collect())).filter(|widened| widened != self)
    }

    /// The fields that it names.
    pub fn fields(&self) -> impl Iterator<Item = &(Field, Values)> {
        self.0.iter()
    }

    /// Whether it asks connection tracking, which the kernel starts for the first rule that does (`nft_ct_get_init`, `conntrack_mt_check`).
    pub fn reads_connection(&self) -> bool {
        self.0.iter().any(|(field, _)| matches!(field, Field::CtState | Field::CtStatus))
    }

    /// As tests of a rule.
    pub fn tests(&self, version: IpVersion) -> Vec<Test> {
        // A packet without a connection has no status.
        let tracked = (Field::CtState, Values::from_ranges(32, [ESTABLISHED, RELATED, NEW].map(|state| (state, state))));
        let guard = self.values(Field::CtStatus).map(|_| &tracked);
        // Where the ports end: what is shorter has none that a rule could read (`nft_payload_eval`).
        let header = match version {
            IpVersion::V4 => 20,
            IpVersion::V6 => 40,
        };
        let long = self.has_ports().then(|| (Field::Length, Values::range(16, header + PORTS, ones(16))));
        self.0
            .iter()
            .chain(&long)
            .chain(guard)
            .map(|(field, values)| Test::In { field: *field, values: Arc::new(values.clone()) })
            .collect()
    }

    /// In nft's words; None if it takes too many pieces.
    pub fn nft(&self, host: &Host) -> Option<String> {
        let family = match host.version {
            IpVersion::V4 => "ip",
            IpVersion::V6 => "ip6",
        };
        let protocol = self.values(Field::Protocol).and_then(Values::single);
        let ports = match protocol {
            Some(6) => "tcp",
            Some(17) => "udp",
            _ => "th",
        };
        let icmp = self.icmp();
        let mut words = Vec::new();
        for (field, values) in &self.0 {
            words.push(match field {
                Field::Protocol if icmp.is_some() => continue,
                Field::SourcePort if icmp.is_some() => icmp.clone().unwrap_or_default(),
                Field::ArpOperation => "arp operation { request, reply }".into(),
                Field::InInterface => format!("iifname {}", interfaces(values, host)?),
                Field::OutInterface => format!("oifname {}", interfaces(values, host)?),
                Field::Protocol if self.has_ports() && ports != "th" => continue,
                Field::Protocol => format!("meta l4proto {}", numbers(values)?),
                Field::Source => format!("{family} saddr {}", addresses(values, host.version)?),
                Field::Destination => format!("{family} daddr {}", addresses(values, host.version)?),
                Field::SourcePort => format!("{ports} sport {}", numbers(values)?),
                Field::DestinationPort => format!("{ports} dport {}", numbers(values)?),
                Field::CtStatus => "ct status dnat".to_owned(),
                Field::CtState => format!("ct state {}", states(values)?),
                _ => return None,
            });
        }
        Some(words.join(" "))
    }

    /// The ICMP messages of [`Matching::of_companion`].
    fn icmp(&self) -> Option<String> {
        let protocol = self.values(Field::Protocol).and_then(Values::single)?;
        let first = self.values(Field::SourcePort)?.first()?;
        let words = match (protocol, first >> 8) {
            (ICMP, 3) => "icmp type destination-unreachable icmp code frag-needed",
            (ICMPV6, 2) => "icmpv6 type packet-too-big",
            (ICMPV6, 135) => "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }",
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// Whether it names ports, or what ICMP has in their place.
    fn has_ports(&self) -> bool {
        self.values(Field::SourcePort).or(self.values(Field::DestinationPort)).is_some()
    }

    fn values(&self, field: Field) -> Option<&Values> {
        self.0.iter().find(|(each, _)| *each == field).map(|(_, values)| values)
    }
}

/// The longest prefix that holds both numbers.
fn around(low: u128, high: u128, width: u8) -> Values {
    let host = ones((128 - (low ^ high).leading_zeros()) as u8);
    Values::range(width, low & !host, low | host)
}

fn one_or_set(mut pieces: Vec<String>) -> Option<String> {
    match pieces.len() {
        0 => None,
        1 => pieces.pop(),
        2..=PIECE_LIMIT => Some(format!("{{ {} }}", pieces.join(", "))),
        _ => None,
    }
}

fn numbers(values: &Values) -> Option<String> {
    let ranges = values.ranges(PIECE_LIMIT)?;
    one_or_set(ranges.iter().map(|(low, high)| if low == high { low.to_string() } else { format!("{low}-{high}") }).collect())
}

fn addresses(values: &Values, version: IpVersion) -> Option<String> {
    let ranges = values.ranges(PIECE_LIMIT)?;
    one_or_set(ranges.iter().map(|(low, high)| range(*low, *high, version)).collect())
}

/// A range of addresses: one, a prefix, or `a-b`.
pub fn range(low: u128, high: u128, version: IpVersion) -> String {
    let prefixes = prefixes(low, high, version, 2);
    match prefixes.as_slice() {
        [_] if low == high => address(low, version).to_string(),
        [prefix] => prefix.clone(),
        _ => format!("{}-{}", address(low, version), address(high, version)),
    }
}

/// The prefixes of a range, at most so many.
pub fn prefixes(low: u128, high: u128, version: IpVersion, most: usize) -> Vec<String> {
    match version {
        IpVersion::V4 => {
            let v4 = |address: u128| Ipv4Addr::from(u32::try_from(address).unwrap_or(u32::MAX));
            Ipv4Subnets::new(v4(low), v4(high), 0).take(most).map(|net| net.to_string()).collect()
        }
        IpVersion::V6 => Ipv6Subnets::new(Ipv6Addr::from(low), Ipv6Addr::from(high), 0).take(most).map(|net| net.to_string()).collect(),
    }
}

/// An address from its number.
pub fn address(number: u128, version: IpVersion) -> IpAddr {
    match version {
        IpVersion::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
        IpVersion::V6 => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

fn interfaces(values: &Values, host: &Host) -> Option<String> {
    let named = host.interfaces.iter().filter(|each| values.contains(u128::from(each.index)));
    one_or_set(named.map(|each| format!("\"{}\"", each.name)).collect())
}

fn states(values: &Values) -> Option<String> {
    const NAMES: [(u128, &str); 5] = [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
    let names: Vec<&str> = NAMES.iter().filter(|(bit, _)| values.contains(*bit)).map(|(_, name)| *name).collect();
    (!names.is_empty()).then(|| names.join(","))
}
