//! Matches on the IP headers.

use super::pool::{DSCP, TTL, Version};
use super::random::Random;
use super::scope::{Family, Scope};
use super::sets::{anonymous, named};

/// The IP version of a match, settling it.
pub fn version(random: &mut Random, scope: &mut Scope) -> Version {
    let version = match (scope.family, scope.version, scope.transport) {
        (Family::Ip, ..) | (_, Some(Version::V4), _) | (_, None, Some("icmp")) => Version::V4,
        (Family::Ip6, ..) | (_, Some(Version::V6), _) | (_, None, Some("icmpv6")) => Version::V6,
        _ => random.one(&[Version::V4, Version::V6]),
    };
    scope.version = Some(version);
    version
}

/// One address that packets have.
pub fn address(random: &mut Random, version: Version) -> &'static str {
    let pool = match random.below(5) {
        0 | 1 => version.remote("eth0"),
        2 => version.remote("eth1"),
        3 => version.own(),
        _ => version.loopback(),
    };
    random.pick(pool)
}

/// A match on an address.
pub fn on_address(random: &mut Random, scope: &mut Scope) -> String {
    let version = version(random, scope);
    let field = format!("{} {}", version.word(), random.pick(&["saddr", "daddr"]));
    let not = random.pick(&["", "", "!= "]);
    match random.below(9) {
        0 => format!("{field} {not}{}", address(random, version)),
        1 | 2 => format!("{field} {not}{}", random.pick(version.prefixes())),
        3 => format!("{field} {not}{}", random.pick(version.ranges())),
        4 => {
            let (mask, value) = random.one(version.masked());
            format!("{field} & {mask} {} {value}", random.pick(&["==", "!="]))
        }
        5 => {
            let elements = (0..random.between(1, 6)).map(|_| address(random, version).to_owned()).collect();
            format!("{field} {not}{}", anonymous(elements))
        }
        6 => {
            let elements = random.some(version.ranges()).into_iter().map(str::to_owned).collect();
            format!("{field} {not}{}", anonymous(elements))
        }
        7 => format!("{field} {} {}", random.pick(&["<", ">", "<=", ">="]), address(random, version)),
        _ => match named(random, scope, version.word()) {
            Some(name) => format!("{field} {not}@{name}"),
            None => format!("{field} {not}{}", random.pick(version.prefixes())),
        },
    }
}

/// A match on another field of the IP header.
pub fn on_header(random: &mut Random, scope: &mut Scope) -> String {
    let version = version(random, scope);
    let word = version.word();
    let hops = if version == Version::V4 { "ttl" } else { "hoplimit" };
    let compare = random.pick(&["", "!= ", "< ", "> ", "<= ", ">= "]);
    match random.below(10) {
        0 | 1 => format!("{word} {hops} {compare}{}", random.one(TTL)),
        2 => format!("{word} {hops} {}", anonymous(random.some(TTL).iter().map(u8::to_string).collect())),
        3 => format!("{word} dscp {}{}", random.pick(&["", "!= "]), random.one(DSCP)),
        4 => format!("{word} dscp {}", anonymous(random.some(DSCP).iter().map(u8::to_string).collect())),
        5 => format!("{word} length {compare}{}", random.one(&[28, 40, 44, 48, 60, 100])),
        6 => format!("{word} ecn {}", random.pick(&["not-ect", "ect0", "ect1", "ce"])),
        7 if version == Version::V4 => {
            let text = random.pick(&[
                "frag-off & 0x1fff == 0",
                "frag-off & 0x3fff != 0",
                "frag-off & 0x2000 == 0",
                "frag-off 0",
                "version 4",
                "hdrlength 5",
                "hdrlength > 5",
                "id 4242",
                "id != 7",
                "id < 1000",
            ]);
            format!("ip {text}")
        }
        7 => random
            .pick(&["ip6 flowlabel 0", "ip6 flowlabel != 0", "ip6 flowlabel 0x12345", "ip6 version 6", "ip6 flowlabel > 5"])
            .to_owned(),
        _ => match version {
            Version::V4 if scope.transport.is_none() => {
                format!("ip protocol {}", random.pick(&["tcp", "udp", "icmp", "!= tcp", "{ tcp, udp }", "!= { icmp, udp }", "47"]))
            }
            Version::V6 if scope.transport.is_none() => {
                format!("ip6 nexthdr {}", random.pick(&["tcp", "udp", "icmpv6", "!= tcp", "{ tcp, udp }", "47"]))
            }
            Version::V4 => "ip length 20-60".to_owned(),
            Version::V6 => "ip6 length 8-40".to_owned(),
        },
    }
}
