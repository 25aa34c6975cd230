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
    match random.below(9) {
        0 | 1 => format!("{word} {hops} {compare}{}", random.one(TTL)),
        2 => format!("{word} {hops} {}", anonymous(random.some(TTL).iter().map(u8::to_string).collect())),
        3 => format!("{word} dscp {}{}", random.pick(&["", "!= "]), random.one(DSCP)),
        4 => format!("{word} dscp {}", anonymous(random.some(DSCP).iter().map(u8::to_string).collect())),
        5 => format!("{word} length {compare}{}", random.one(&[28, 40, 44, 48, 60, 100])),
        6 => format!("{word} ecn {}", random.pick(&["not-ect", "ect0", "ect1", "ce"])),
        7 if version == Version::V4 => {
            let text = random.pick(&["frag-off & 0x1fff == 0", "frag-off & 0x3fff != 0", "version 4", "hdrlength 5", "hdrlength > 5"]);
            format!("ip {text}")
        }
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

/// A match on raw bytes.
pub fn on_bytes(random: &mut Random, scope: &mut Scope) -> String {
    if scope.inet() && random.percent(50) {
        let port = random.one(super::pool::PORTS);
        // Bytes 2 and 3 of ICMP are its checksum, which a packet's JSON does not tell.
        let (what, compare) = random.one(&[
            ("@th,0,16", "=="),
            ("@th,0,16", ">"),
            ("meta l4proto { tcp, udp } @th,16,16", "=="),
            ("meta l4proto { tcp, udp } @th,16,16", "!="),
            ("meta l4proto != { icmp, icmpv6 } @th,16,16", "<="),
        ]);
        return format!("{what} {compare} {port}");
    }
    let version = version(random, scope);
    match version {
        Version::V4 => {
            let text = random.pick(&[
                "@nh,96,32 0x0a010007",
                "@nh,128,32 0x0a020007",
                "@nh,128,8 0x0a",
                "@nh,72,8 6",
                "@nh,64,8 64",
                "@nh,96,16 != 0x0a01",
                "@nh,100,4 0xa",
                "@nh,8,6 46",
                "@nh,152,8 & 0x7 == 1",
                "@nh,0,8 0x45",
            ]);
            // nft adds no dependency to a raw match: without one it reads whatever header is there.
            text.to_owned()
        }
        Version::V6 => random
            .pick(&[
                "@nh,64,16 0xfd00",
                "@nh,192,16 0xfd00",
                "@nh,176,16 7",
                "@nh,48,8 6",
                "@nh,56,8 64",
                "@nh,304,16 & 0xf == 0x7",
                "@nh,0,4 6",
            ])
            .to_owned(),
    }
}
