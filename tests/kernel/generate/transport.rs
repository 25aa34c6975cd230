//! Matches on transport headers.

use super::network::version;
use super::pool::{PORT_RANGES, PORTS, Version};
use super::random::Random;
use super::scope::Scope;
use super::sets::{anonymous, named};

/// A match on a transport header, settling the protocol.
pub fn on_transport(random: &mut Random, scope: &mut Scope) -> String {
    let protocol = match scope.transport {
        Some(protocol) => protocol,
        None => random.weighted(&[(40, "tcp"), (25, "udp"), (15, "icmp"), (15, "th"), (5, "sctp")]),
    };
    match protocol {
        "icmp" | "icmpv6" => on_icmp(random, scope),
        // `th` needs a protocol that has ports, which the rule says first.
        "th" => {
            scope.transport = Some("th");
            let first =
                random.pick(&["meta l4proto { tcp, udp }", "meta l4proto tcp", "meta l4proto { tcp, udp, sctp }", "meta l4proto udp"]);
            format!("{first} {}", on_port(random, scope, "th"))
        }
        protocol => {
            scope.transport = Some(protocol);
            match protocol {
                "tcp" if random.percent(35) => on_flags(random),
                "tcp" if random.percent(6) => {
                    random.pick(&["tcp sequence 1000", "tcp doff 5", "tcp sequence > 4000", "tcp ackseq != 0"]).to_owned()
                }
                "udp" if random.percent(15) => {
                    format!("udp length {}{}", random.pick(&["", "!= ", "> ", "< "]), random.one(&[8, 12, 16, 20]))
                }
                _ => on_port(random, scope, protocol),
            }
        }
    }
}

fn on_port(random: &mut Random, scope: &Scope, protocol: &str) -> String {
    let field = format!("{protocol} {}", random.pick(&["dport", "dport", "sport"]));
    let not = random.pick(&["", "", "!= "]);
    match random.below(8) {
        0 | 1 => format!("{field} {not}{}", random.one(PORTS)),
        2 => format!("{field} {not}{}", random.pick(PORT_RANGES)),
        3 => format!("{field} {not}{}", anonymous(random.some(PORTS).iter().map(u16::to_string).collect())),
        4 => format!("{field} {not}{}", anonymous(random.some(PORT_RANGES).into_iter().map(str::to_owned).collect())),
        5 => format!("{field} {} {}", random.pick(&["<", ">", "<=", ">="]), random.one(PORTS)),
        6 => format!("{field} & {}", random.pick(&["0x1 == 0x1", "0xff == 0x50", "0x8000 == 0x8000", "0x3 != 0x1"])),
        _ => match named(random, scope, "port") {
            Some(name) => format!("{field} {not}@{name}"),
            None => format!("{field} {not}{}", random.one(PORTS)),
        },
    }
}

fn on_flags(random: &mut Random) -> String {
    random
        .pick(&[
            "tcp flags syn",
            "tcp flags != syn",
            "tcp flags & (syn | ack) == syn",
            "tcp flags & (fin | syn | rst | ack) == syn",
            "tcp flags & syn == syn",
            "tcp flags & (syn | ack) != syn",
            "tcp flags { syn, syn | ack, rst }",
            "tcp flags != { syn, ack }",
            "tcp flags & rst == 0",
            "tcp flags == 0x0",
            "tcp flags & (syn | fin) == (syn | fin)",
            "tcp flags & (ack | psh) != 0",
            "tcp flags syn,ack",
            "tcp flags ! ack",
            "tcp flags ack / syn,ack",
        ])
        .to_owned()
}

fn on_icmp(random: &mut Random, scope: &mut Scope) -> String {
    match version(random, scope) {
        Version::V4 => {
            scope.transport = Some("icmp");
            random
                .pick(&[
                    "icmp type echo-request",
                    "icmp type != echo-request",
                    "icmp type { echo-request, echo-reply, destination-unreachable }",
                    "icmp code 0",
                    "icmp code { 1, 3 }",
                    "icmp type 3-8",
                    "icmp type destination-unreachable icmp code 3",
                    "icmp code != 0",
                    "icmp type . icmp code { 8 . 0, 3 . 1 }",
                ])
                .to_owned()
        }
        Version::V6 => {
            scope.transport = Some("icmpv6");
            random
                .pick(&[
                    "icmpv6 type echo-request",
                    "icmpv6 type != echo-request",
                    "icmpv6 type { echo-request, echo-reply, destination-unreachable }",
                    "icmpv6 code 0",
                    "icmpv6 code { 1, 3 }",
                    "icmpv6 type 1-128",
                    "icmpv6 type destination-unreachable icmpv6 code 4",
                    "icmpv6 code != 0",
                ])
                .to_owned()
        }
    }
}
