//! Matches on raw bytes, at odd places and of odd lengths.

use super::network::version;
use super::pool::{PORTS, Version};
use super::random::Random;
use super::scope::Scope;

/// A match on raw bytes.
pub fn on_bytes(random: &mut Random, scope: &mut Scope) -> String {
    match random.below(10) {
        0..=2 if scope.inet() => on_ports(random),
        3 if scope.only(&["prerouting", "input", "ingress"]) => on_link(random),
        4 | 5 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            on_transport(random)
        }
        6 if scope.transport.is_none_or(|protocol| protocol == "udp") => {
            scope.transport = Some("udp");
            on_inner(random)
        }
        _ => on_network(random, scope),
    }
}

fn on_ports(random: &mut Random) -> String {
    let port = random.one(PORTS);
    // Bytes 2 and 3 of ICMP are its checksum, which a packet's JSON does not tell.
    let (what, compare) = random.one(&[
        ("@th,0,16", "=="),
        ("@th,0,16", ">"),
        ("meta l4proto { tcp, udp } @th,16,16", "=="),
        ("meta l4proto { tcp, udp } @th,16,16", "!="),
        ("meta l4proto != { icmp, icmpv6 } @th,16,16", "<="),
    ]);
    format!("{what} {compare} {port}")
}

/// TCP: ports, numbers and flags, but neither window nor checksum.
fn on_transport(random: &mut Random) -> String {
    let (offset, length) = match random.below(6) {
        0 => (random.between(0, 94), random.between(1, 2)),
        1 => (random.between(0, 20), random.one(&[3, 5, 7, 8, 9, 16, 24])),
        2 => (8 * random.between(0, 8), 8 * random.between(1, 4)),
        3 => (8 * random.between(20, 26), 8 * random.between(1, 3)),
        4 => (106, random.between(1, 6)),
        _ => (160, 8 * random.between(1, 20)),
    };
    format!("meta l4proto tcp {}", compared(random, "th", offset, length))
}

fn on_inner(random: &mut Random) -> String {
    let (offset, length) =
        if random.percent(70) { (8 * random.below(6), 8 * random.between(1, 4)) } else { (random.below(30), random.between(1, 17)) };
    format!("meta l4proto udp {}", compared(random, "ih", offset, length))
}

fn on_link(random: &mut Random) -> String {
    random
        .pick(&[
            "@ll,0,48 0x020000000001",
            "@ll,48,48 0x020000000011",
            "@ll,96,16 0x0800",
            "@ll,88,16 0x1186",
            "@ll,40,16 0x0102",
            "@ll,112,8 0x45",
            "@ll,112,8 & 0xf0 == 0x60",
            "ether saddr 02:00:00:00:00:11",
            "ether saddr != 02:00:00:00:00:12",
            "ether saddr { 02:00:00:00:00:11, 02:00:00:00:00:12 }",
            "ether daddr 02:00:00:00:00:01",
            "ether saddr 02:00:00:00:00:00-02:00:00:00:00:11",
            "ether type ip",
            "ether type != ip6",
        ])
        .to_owned()
}

fn on_network(random: &mut Random, scope: &mut Scope) -> String {
    // nft adds no dependency to a raw match: without one it reads whatever header is there.
    let version = version(random, scope);
    if random.percent(40) {
        let text: &[&str] = match version {
            Version::V4 => &[
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
            ],
            Version::V6 => &[
                "@nh,64,16 0xfd00",
                "@nh,192,16 0xfd00",
                "@nh,176,16 7",
                "@nh,48,8 6",
                "@nh,56,8 64",
                "@nh,304,16 & 0xf == 0x7",
                "@nh,0,4 6",
            ],
        };
        return random.pick(text).to_owned();
    }
    // Beyond the checksum of IPv4: TTL and protocol, or the addresses and what follows them.
    let (offset, length) = match random.below(4) {
        0 => (random.between(0, 70), random.between(1, 9)),
        1 => (96 + random.below(60), random.between(1, 20)),
        2 => (96 + 8 * random.below(8), 8 * random.between(1, 8)),
        _ => (8 * random.between(12, 16), 16),
    };
    compared(random, "nh", offset, length)
}

fn compared(random: &mut Random, base: &str, offset: usize, length: usize) -> String {
    let value = match random.below(3) {
        0 => "0".to_owned(),
        1 => random.one(&[1, 2, 3]).min((1 << length.min(20)) - 1).to_string(),
        _ => {
            let digits: String = (0..length.div_ceil(4)).map(|_| random.pick(&["0", "0", "1", "5", "f"])).collect();
            // The first digit may have fewer bits.
            match length % 4 {
                0 => format!("0x{digits}"),
                _ => format!("0x0{}", &digits[1..]),
            }
        }
    };
    let compare = random.pick(&["", "!= ", "< ", "> ", ">= "]);
    format!("@{base},{offset},{length} {compare}{value}")
}
