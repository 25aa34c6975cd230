//! Sets with members by seed, as `ipset restore` takes them.

use crate::random::Random;

/// Types with what they are created with besides extensions.
const TYPES: &[(&str, &[&str])] = &[
    ("bitmap:ip", &["range 10.1.0.0/20", "range 10.1.0.3-10.1.3.9", "range 10.1.0.0/16 netmask 24"]),
    ("bitmap:ip,mac", &["range 10.1.0.0/22"]),
    ("bitmap:port", &["range 20-2000", "range 0-65535"]),
    (
        "hash:ip",
        &["", "netmask 28", "bitmask 255.255.0.255", "family inet6", "family inet6 netmask 124", "family inet6 bitmask ffff::ff:f"],
    ),
    ("hash:mac", &[""]),
    ("hash:ip,mac", &["", "family inet6"]),
    ("hash:net", &["", "family inet6"]),
    ("hash:net,net", &["", "family inet6", "netmask 24", "bitmask 255.0.255.0"]),
    ("hash:ip,port", &["", "family inet6", "netmask 28", "bitmask 255.255.0.255"]),
    ("hash:net,port", &["", "family inet6"]),
    ("hash:ip,port,ip", &["", "family inet6"]),
    ("hash:ip,port,net", &["", "family inet6"]),
    ("hash:net,port,net", &["", "family inet6"]),
    ("hash:ip,mark", &["", "markmask 0xff", "family inet6"]),
    ("hash:net,iface", &["", "family inet6"]),
];

/// A set with its members.
pub struct Made {
    pub kind: &'static str,
    /// `create …`, then `add …` lines; a line that the kernel refuses (a key that is there already) is passed over.
    pub create: String,
    pub adds: Vec<String>,
}

/// A set of each type and each way to create it, `most` members each.
pub fn sets(random: &mut Random, most: usize) -> Vec<Made> {
    let mut made = Vec::new();
    for (kind, options) in TYPES {
        for option in *options {
            let extensions = random.some(&["timeout 3000", "counters", "comment", "skbinfo", "forceadd", ""]);
            let forceadd = kind.starts_with("hash:");
            let extensions: Vec<_> = extensions.into_iter().filter(|each| forceadd || *each != "forceadd").collect();
            let name = format!("s{}", made.len());
            let create = format!("create {name} {kind} {option} {}", extensions.join(" "));
            let family = if option.contains("inet6") { 6 } else { 4 };
            let adds = (0..random.between(1, most)).map(|_| add(random, &name, kind, family, &extensions)).collect();
            made.push(Made { kind, create, adds });
        }
    }
    let members = random.some(&["s0", "s3", "s6", "s7", "s9", "s14", "s20"]);
    let adds = members.iter().map(|member| format!("add all {member}")).collect();
    made.push(Made { kind: "list:set", create: "create all list:set size 16".into(), adds });
    made
}

fn add(random: &mut Random, name: &str, kind: &str, family: u8, extensions: &[&str]) -> String {
    let mut line = format!("add {name} {}", key(random, kind, family, true));
    if extensions.contains(&"timeout 3000") && random.percent(60) {
        line += &format!(" timeout {}", random.one(&[0, 50, 2000]));
    }
    if kind.contains("net") && random.percent(20) {
        line += " nomatch";
    }
    if kind == "hash:net,iface" && random.percent(20) {
        line += " wildcard";
    }
    if extensions.contains(&"counters") && random.percent(50) {
        line += &format!(" packets {} bytes {}", random.below(100), random.below(100_000));
    }
    if extensions.contains(&"comment") && random.percent(50) {
        line += random.pick(&[" comment \"two words\"", " comment plain", " comment \"sixty per cent: 60 %, it's\""]);
    }
    if extensions.contains(&"skbinfo") && random.percent(50) {
        line += random.pick(&[" skbmark 0x1/0xff", " skbmark 0x12 skbprio 1:a", " skbprio 0:1 skbqueue 3"]);
    }
    line
}

/// A key as `add` takes it (with networks), or as a packet has it.
pub fn key(random: &mut Random, kind: &str, family: u8, stored: bool) -> String {
    let parts = kind.split_once(':').map_or("", |(_, parts)| parts).split(',');
    let part = |part: &str| match part {
        "ip" => address(random, family),
        "net" if stored => network(random, family),
        "net" => address(random, family),
        "port" if kind == "bitmap:port" => random.between(20, 60).to_string(),
        "port" => port(random, family),
        "mac" => format!("02:00:00:00:00:{:02x}", random.below(8)),
        "mark" => format!("0x{:x}", random.below(0x300)),
        "iface" => random.pick(&["eth0", "eth1", "eth", "lo", "et"]).to_owned(),
        other => panic!("{other} is no part"),
    };
    let mut parts: Vec<_> = parts.map(part).collect();
    if kind == "bitmap:ip,mac" && stored && random.percent(30) {
        parts.truncate(1);
    }
    parts.join(",")
}

/// Few addresses, so that networks hold them.
fn address(random: &mut Random, family: u8) -> String {
    match family {
        4 => format!("10.1.{}.{}", random.below(4), random.below(40)),
        _ => format!("2001:db8::{:x}:{:x}", random.below(4), random.below(40)),
    }
}

fn network(random: &mut Random, family: u8) -> String {
    let length = match family {
        4 => random.one(&[0, 1, 8, 16, 22, 24, 28, 31, 32]),
        _ => random.one(&[0, 1, 32, 64, 112, 120, 124, 127, 128]),
    };
    // hash:net takes no length of 0; the kernel then says no, which is passed over.
    format!("{}/{length}", address(random, family))
}

fn port(random: &mut Random, family: u8) -> String {
    match random.below(8) {
        0..=2 => format!("tcp:{}", random.between(80, 90)),
        3 => format!("udp:{}", random.between(80, 90)),
        4 => format!("sctp:{}", random.between(80, 90)),
        5 => format!("{}:0", random.pick(&["gre", "esp", "250"])),
        6 => format!("udplite:{}", random.between(80, 90)),
        _ if family == 4 => format!("icmp:{}", random.pick(&["echo-request", "8/1", "destination-unreachable", "3/1"])),
        _ => format!("icmpv6:{}", random.pick(&["128/0", "echo-reply", "135/7"])),
    }
}
