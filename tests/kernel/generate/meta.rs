//! Matches on what surrounds a packet: interfaces, marks, protocol numbers, length, connection tracking, routing.

use super::pool::MARKS;
use super::random::Random;
use super::scope::{Family, Scope};
use super::sets::{anonymous, named};

const INTERFACES: [&str; 3] = ["\"eth0\"", "\"eth1\"", "\"lo\""];

/// A match on an interface.
pub fn on_interface(random: &mut Random, scope: &Scope) -> String {
    let fields: &[&str] = if scope.only(&["ingress", "prerouting", "input"]) {
        &["iifname", "iif"]
    } else if scope.only(&["output", "postrouting"]) || scope.hooks.contains(&"postrouting") {
        &["oifname", "oif"]
    } else {
        &["iifname", "iif", "oifname", "oif"]
    };
    let field = random.pick(fields);
    let not = random.pick(&["", "!= "]);
    match random.below(5) {
        0 if field.ends_with("name") => format!("{field} {not}\"eth*\""),
        1 => format!("{field} {not}{}", anonymous(random.some(&INTERFACES).into_iter().map(str::to_owned).collect())),
        2 if field.ends_with("name") => match named(random, scope, "ifname") {
            Some(name) => format!("{field} {not}@{name}"),
            None => format!("{field} {not}\"e*\""),
        },
        // A raw socket leaves a device on what it sends, which no other sender does: it is not asked for.
        3 if scope.hooks.contains(&"postrouting") || scope.hooks.contains(&"output") => {
            let of_device: &[&str] =
                if scope.hooks.contains(&"output") { &[] } else { &["meta iiftype ether", "meta iiftype != loopback"] };
            random.pick(&[&["meta oiftype ether", "meta oiftype != loopback", "meta oifgroup 0"], of_device].concat()).to_owned()
        }
        3 => random
            .pick(&["meta iiftype ether", "meta oiftype ether", "meta iiftype loopback", "meta iifgroup 0", "meta iiftype != ether"])
            .to_owned(),
        _ => format!("{field} {not}{}", random.pick(&INTERFACES)),
    }
}

/// A match on another thing that meta tells.
pub fn on_meta(random: &mut Random, scope: &mut Scope) -> String {
    match random.below(9) {
        // What a sender asks for is not told of its packets.
        7 if scope.only(&["forward"]) && random.percent(50) => format!("meta priority {}", random.pick(&["0", "!= 0", "2", "{ 4, 6 }"])),
        7 => random.pick(&["meta iifkind \"veth\"", "meta iifgroup 0", "meta sdif 0", "meta cpu >= 0"]).to_owned(),
        0 | 1 if scope.transport.is_none() => {
            format!(
                "meta l4proto {}",
                random.pick(&["tcp", "udp", "!= tcp", "{ tcp, udp }", "{ icmp, icmpv6 }", "!= { udp, icmp }", "1-17", "47"])
            )
        }
        2 if scope.family == Family::Inet => format!("meta nfproto {}", random.pick(&["ipv4", "ipv6", "!= ipv4"])),
        // Of a frame the length is not known: it may have been filled up.
        3 if scope.inet() => format!("meta length {}{}", random.pick(&["", "< ", "> ", "!= "]), random.one(&[28, 40, 44, 48, 60, 64, 80])),
        4 => format!("meta protocol {}", random.pick(&["ip", "ip6", "!= ip", "{ ip, ip6 }"])),
        5 => format!("meta pkttype {}", random.pick(&["host", "!= host", "{ host, broadcast }", "multicast"])),
        _ => on_mark(random, scope, "meta mark"),
    }
}

/// A match on a mark of the packet or its connection.
pub fn on_mark(random: &mut Random, scope: &Scope, mark: &str) -> String {
    let value = random.one(MARKS);
    match random.below(7) {
        0 => format!("{mark} {}{value:#x}", random.pick(&["", "!= "])),
        1 => format!("{mark} & 0xff00 {} 0x100", random.pick(&["==", "!="])),
        2 => format!("{mark} & 0x7 == {}", value & 7),
        3 => format!("{mark} {} {value:#x}", random.pick(&["<", ">", "<=", ">="])),
        4 => format!("{mark} {}", anonymous(random.some(MARKS).iter().map(|mark| format!("{mark:#x}")).collect())),
        5 => match named(random, scope, "mark") {
            Some(name) => format!("{mark} @{name}"),
            None => format!("{mark} {value:#x}"),
        },
        _ => format!("{mark} 0x1-0x1ff"),
    }
}

/// A match on connection tracking.
pub fn on_connection(random: &mut Random, scope: &Scope) -> String {
    match random.below(12) {
        0..=6 => {
            let states = ["new", "established", "related", "invalid", "untracked"];
            let some = random.some(&states);
            match random.below(4) {
                0 => format!("ct state != {}", random.pick(&states)),
                1 => format!("ct state {{ {} }}", some.join(", ")),
                2 => format!("ct state != {{ {} }}", some.join(", ")),
                _ => format!("ct state {}", some.join(",")),
            }
        }
        7 => format!("ct direction {}", random.pick(&["original", "reply", "!= original"])),
        8 => {
            format!("ct status {}", random.pick(&["confirmed", "snat", "dnat", "seen-reply", "& (snat | dnat) == 0", "!= dnat", "assured"]))
        }
        9 => random
            .pick(&[
                "meta l4proto tcp ct original proto-dst 80",
                "meta l4proto { tcp, udp } ct original proto-src > 1024",
                "meta l4proto tcp ct reply proto-src 80",
                "meta l4proto { tcp, udp } ct reply proto-dst < 32768",
                "ct original ip saddr 10.1.0.0/24",
                "ct original ip daddr != 10.1.0.0/24",
                "ct reply ip saddr 10.0.0.0/8",
                "ct reply ip daddr 10.1.0.7",
                "ct original ip6 saddr fd00:1::/64",
                "ct reply ip6 daddr fd00::/8",
                "ct l3proto ipv4",
                "ct protocol tcp",
                "ct zone 0",
                "ct zone 3",
                "ct original packets 1",
                "ct reply packets 0",
                "ct bytes < 60",
                "ct original bytes 40",
                "ct avgpkt > 50",
                "ct helper \"ftp\"",
                "ct label 1",
            ])
            .to_owned(),
        _ => on_mark(random, scope, "ct mark"),
    }
}

/// A match on what routing says of an address.
pub fn on_route(random: &mut Random, scope: &Scope) -> String {
    let kinds = random.pick(&["local", "unicast", "broadcast", "multicast", "!= local", "{ local, broadcast }"]);
    match random.below(4) {
        0 if scope.only(&["prerouting", "input", "forward"]) => random
            .pick(&[
                "fib saddr . iif oif missing",
                "fib saddr . iif oif exists",
                "fib daddr . iif type local",
                "fib saddr oif \"eth0\"",
                "fib daddr oif \"eth1\"",
                "fib saddr oifname \"eth*\"",
                "fib daddr oifname != \"eth0\"",
                "fib saddr . mark . iif oif exists",
                "fib daddr . mark oif exists",
                "fib daddr . iif type { local, unicast }",
                "fib saddr . iif oif \"eth0\"",
            ])
            .to_owned(),
        1 => format!("fib saddr type {kinds}"),
        _ => format!("fib daddr type {kinds}"),
    }
}
