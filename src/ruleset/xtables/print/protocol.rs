//! Names of protocols after `-p`.

use crate::ruleset::protocols;

/// Those that iptables knows by itself (`xtables_chain_protos`), the name that it prints first.
const OWN: &[(&str, u16)] = &[
    ("tcp", 6),
    ("sctp", 132),
    ("udp", 17),
    ("udplite", 136),
    ("icmp", 1),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("esp", 50),
    ("ah", 51),
    ("mobility-header", 135),
    ("ipv6-mh", 135),
    ("mh", 135),
    ("all", 0),
];

/// The name that is printed for a number.
#[must_use]
pub fn name(number: u16) -> Option<&'static str> {
    OWN.iter().find(|(_, each)| *each == number).map(|(name, _)| *name).or_else(|| protocols::name(number.into()))
}

/// The number of a name, as `-p` reads it.
#[must_use]
pub fn number(name: &str) -> Option<u16> {
    let lower = name.to_ascii_lowercase();
    let own = OWN.iter().find(|(each, _)| *each == lower).map(|(_, number)| *number);
    own.or_else(|| protocols::number(&lower).and_then(|number| u16::try_from(number).ok()))
}
