//! A rule: matches, effects and a verdict, with its counter anywhere among them.

use super::bytes::on_bytes;
use super::keys::{Key, key, on_key, set_by_key};
use super::meta::{on_connection, on_interface, on_mark, on_meta, on_route};
use super::nat::translation;
use super::network::{on_address, on_header, version};
use super::options::{on_option, on_socket};
use super::pool::{MARKS, PORTS, Version};
use super::random::Random;
use super::scope::Scope;
use super::sets::{concatenation, named, named_map, use_of_another};
use super::stateful::{on_learned, on_load, remember};
use super::transport::on_transport;

/// One rule, as its parts, so that shrinking can take single ones away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub parts: Vec<String>,
    pub comment: String,
}

impl Rule {
    /// The rule's text.
    pub fn text(&self) -> String {
        format!("{} comment \"{}\"", self.parts.join(" "), self.comment)
    }
}

/// Makes a rule.
pub fn rule(random: &mut Random, scope: &mut Scope, comment: String) -> Rule {
    let mut parts = Vec::new();
    for _ in 0..random.one(&[0, 1, 1, 1, 2, 2, 3]) {
        parts.push(matching(random, scope));
    }
    let end = ending(random, scope);
    let effects = if end.is_empty() { random.one(&[0, 1, 1, 2]) } else { random.one(&[0, 0, 0, 1]) };
    for _ in 0..effects {
        let effect = effect(random, scope);
        // An effect may stand before a match that then breaks the rule off.
        let at = if random.percent(25) { random.below(parts.len() + 1) } else { parts.len() };
        parts.insert(at, effect);
    }
    if random.percent(15)
        && let Some(text) = use_of_another(random, scope)
    {
        parts.push(text);
    }
    let at = if random.percent(50) { parts.len() } else { random.below(parts.len() + 1) };
    parts.insert(at, "counter".to_owned());
    if !end.is_empty() {
        parts.push(end);
    }
    Rule { parts, comment }
}

fn matching(random: &mut Random, scope: &mut Scope) -> String {
    let tracked = scope.inet();
    match random.below(200) {
        0..=43 => on_address(random, scope),
        44..=63 => on_header(random, scope),
        64..=108 => on_transport(random, scope),
        109..=123 => on_bytes(random, scope),
        124..=138 => on_interface(random, scope),
        139..=156 => on_meta(random, scope),
        157..=172 if tracked => on_connection(random, scope),
        173..=180 if tracked => on_route(random, scope),
        181..=185 => on_option(random, scope),
        186..=188 if tracked => on_socket(random, scope),
        189 => on_load(random, scope),
        190 | 191 => on_learned(random, scope).unwrap_or_else(|| on_address(random, scope)),
        192..=195 => on_key(random, scope),
        _ => on_concatenation(random, scope),
    }
}

fn on_concatenation(random: &mut Random, scope: &mut Scope) -> String {
    if scope.transport.is_some_and(|protocol| protocol != "tcp" && protocol != "udp") {
        return on_mark(random, scope, "meta mark");
    }
    let version = version(random, scope);
    let protocol = *scope.transport.get_or_insert_with(|| random.one(&["tcp", "udp"]));
    let fields = format!("{} {} . {protocol} {}", version.word(), random.pick(&["saddr", "daddr"]), random.pick(&["sport", "dport"]));
    let not = random.pick(&["", "", "!= "]);
    if let Some(name) = named(random, scope, concatenation(version)) {
        return format!("{fields} {not}@{name}");
    }
    let element = |random: &mut Random| match random.below(3) {
        0 => format!("{} . {}", super::network::address(random, version), random.one(PORTS)),
        1 => format!("{} . 0-1024", random.pick(version.prefixes())),
        _ => format!("{} . {}", random.pick(version.ranges()), random.one(PORTS)),
    };
    format!("{fields} {not}{{ {} }}", element(random))
}

fn effect(random: &mut Random, scope: &mut Scope) -> String {
    let mark = random.one(MARKS);
    let tracked = scope.inet();
    match random.below(24) {
        18 | 19 => set_by_key(random, scope),
        20 if tracked => random.pick(MARKINGS).to_owned(),
        21 if scope.only(&["prerouting"]) && random.percent(30) => "meta pkttype set host".to_owned(),
        21 => random.pick(QUIET).to_owned(),
        22 if tracked => raw_write(random, scope),
        13 | 14 => remember(random, scope),
        15 if tracked => write(random, scope),
        16 if tracked && scope.only(&["prerouting", "output"]) => "ct zone set 3".to_owned(),
        0..=3 => format!("meta mark set {mark:#x}"),
        4 => format!("meta mark set meta mark & {}", random.pick(&["0xff", "0xffff00ff", "0x7"])),
        5 => format!("meta mark set meta mark | {}", random.pick(&["0x100", "0x1", "0xff00"])),
        6 => format!("meta mark set meta mark ^ {}", random.pick(&["0x1", "0xffff", "0x107"])),
        7 if tracked => format!("ct mark set {mark:#x}"),
        8 if tracked => "ct mark set meta mark".to_owned(),
        9 if tracked => "meta mark set ct mark".to_owned(),
        10 => {
            let version = version(random, scope);
            match named_map(random, scope, version.word()) {
                Some(map) => format!("meta mark set {} saddr map @{}", version.word(), map.name),
                None if version == Version::V4 => {
                    "meta mark set ip daddr map { 10.0.0.0/8 : 0x1, 127.0.0.0/8 : 0x7, 192.0.2.0-203.0.113.5 : 0x100 }".into()
                }
                None => "meta mark set ip6 daddr map { fd00::/8 : 0x1, ::1 : 0x7, 2001:db8::/32 : 0x100 }".into(),
            }
        }
        11 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            match named_map(random, scope, "port") {
                Some(map) => format!("meta mark set tcp dport map @{}", map.name),
                None => "meta mark set tcp dport map { 22 : 0x1, 80 : 0x2, 443 : 0x7, 1024-65535 : 0x1ff }".into(),
            }
        }
        12 if tracked && scope.only(&["prerouting", "output"]) => "notrack".to_owned(),
        _ => "counter".to_owned(),
    }
}

/// Marks made of marks.
const MARKINGS: &[&str] = &[
    "meta mark set meta mark << 4",
    "meta mark set meta mark >> 1",
    "ct mark set ct mark | 0x10",
    "ct mark set ct mark & 0xff",
    "ct mark set meta mark & 0xff00",
    "meta mark set ct mark | 0x2",
    "meta mark set ct mark & 0xf",
    "meta mark set ct mark << 8",
    "meta mark set meta mark & 0xffff0000 ^ 0x7",
    "ct mark set meta mark map { 0x0 : 0x1, 0x1 : 0x2, 0x100-0x1ff : 0x7 }",
    "meta mark set ct mark map { 0x0 : 0x1, 0x1-0xff : 0x100 }",
    "meta mark set jhash meta mark mod 4 seed 0x1234 offset 1",
    "meta mark set ct state map { new : 0x1, established : 0x2, invalid : 0x7, untracked : 0x100 }",
];

/// What decides nothing.
const QUIET: &[&str] = &["meta nftrace set 0", "counter", "log group 7", "meta priority set 0:3", "meta mark set meta mark"];

/// Bytes of the packet that are written as such.
fn raw_write(random: &mut Random, scope: &mut Scope) -> String {
    match (random.below(6), version(random, scope)) {
        (0, _) if scope.transport.is_none_or(|protocol| protocol == "udp") => {
            scope.transport = Some("udp");
            format!("meta l4proto udp @th,16,16 set {}", random.one(PORTS))
        }
        (1, _) if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            format!("meta l4proto tcp @th,0,16 set {}", random.one(PORTS))
        }
        (2, _) if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            "tcp option maxseg size set 1200".to_owned()
        }
        (3, Version::V4) => "ip id set 7".to_owned(),
        (4, Version::V4) => format!("@nh,64,8 set {}", random.one(super::pool::TTL)),
        // Where a checksum that is wrong on purpose can't become right and be answered.
        (_, Version::V4) if !scope.only(&["forward", "postrouting"]) => "ip id set 8".to_owned(),
        (_, Version::V6) if !scope.only(&["forward", "postrouting"]) => "ip6 flowlabel set 6".to_owned(),
        (_, Version::V4) => format!("@nh,120,8 set {}", random.one(&[1, 7, 8, 64])),
        (3, Version::V6) => "ip6 flowlabel set 5".to_owned(),
        (4, Version::V6) => format!("@nh,56,8 set {}", random.one(super::pool::TTL)),
        (_, Version::V6) => format!("@nh,184,8 set {}", random.one(&[1, 7, 8, 64])),
    }
}

/// A change of the packet itself.
fn write(random: &mut Random, scope: &mut Scope) -> String {
    let version = version(random, scope);
    let (word, hops) = if version == Version::V4 { ("ip", "ttl") } else { ("ip6", "hoplimit") };
    match random.below(7) {
        0 => format!("{word} dscp set {}", random.one(super::pool::DSCP)),
        1 => format!("{word} {hops} set {}", random.one(super::pool::TTL)),
        2 => format!("{word} ecn set {}", random.pick(&["ect0", "ce"])),
        3 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            format!("tcp {} set {}", random.pick(&["sport", "dport"]), random.one(PORTS))
        }
        4 => "meta priority set 1:2".to_owned(),
        5 if scope.only(&["prerouting", "forward", "postrouting", "output"]) => {
            format!("{word} daddr set {}", super::network::address(random, version))
        }
        _ => format!("{word} saddr set {}", super::network::address(random, version)),
    }
}

fn ending(random: &mut Random, scope: &mut Scope) -> String {
    let rejects = scope.inet() && !scope.nat && scope.only(&["prerouting", "input", "forward", "output"]);
    if scope.nat && random.percent(50) {
        return translation(random, scope);
    }
    match random.below(100) {
        0..=39 => String::new(),
        40..=49 => "accept".into(),
        50..=56 => "drop".into(),
        57..=61 if rejects => reject(random, scope),
        62..=74 if !scope.targets.is_empty() => format!("jump {}", target(random, scope)),
        75..=78 if !scope.targets.is_empty() => format!("goto {}", target(random, scope)),
        79..=84 => "return".into(),
        85..=87 => "continue".into(),
        _ => verdict_map(random, scope),
    }
}

fn target(random: &mut Random, scope: &Scope) -> String {
    scope.targets[random.below(scope.targets.len())].clone()
}

fn verdict(random: &mut Random, scope: &Scope) -> String {
    match random.below(10) {
        0..=2 => "accept".into(),
        3 | 4 => "drop".into(),
        5 => "return".into(),
        6 => "continue".into(),
        _ if scope.targets.is_empty() => "accept".into(),
        7 => format!("goto {}", target(random, scope)),
        _ => format!("jump {}", target(random, scope)),
    }
}

fn reject(random: &mut Random, scope: &mut Scope) -> String {
    match random.below(5) {
        0 => "reject".into(),
        1 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            "reject with tcp reset".into()
        }
        2 if scope.version != Some(Version::V6) && scope.family != super::scope::Family::Ip6 => {
            scope.version = Some(Version::V4);
            let kinds =
                ["admin-prohibited", "host-unreachable", "net-unreachable", "port-unreachable", "prot-unreachable", "host-prohibited"];
            format!("reject with icmp type {}", random.pick(&kinds))
        }
        3 if scope.version != Some(Version::V4) && scope.family != super::scope::Family::Ip => {
            scope.version = Some(Version::V6);
            format!("reject with icmpv6 type {}", random.pick(&["admin-prohibited", "addr-unreachable", "no-route", "port-unreachable"]))
        }
        _ if scope.family == super::scope::Family::Inet => {
            format!("reject with icmpx type {}", random.pick(&["admin-prohibited", "no-route", "host-unreachable", "port-unreachable"]))
        }
        _ => "reject".into(),
    }
}

fn verdict_map(random: &mut Random, scope: &mut Scope) -> String {
    if let Some(map) =
        named_map(random, scope, "verdict").filter(|_| random.percent(40) && scope.transport.is_none_or(|protocol| protocol == "tcp"))
    {
        scope.transport = Some("tcp");
        return format!("tcp dport vmap @{}", map.name);
    }
    let keys: (String, Vec<String>) = match random.below(16) {
        10..=15 => {
            let Key { text, values } = key(random, scope);
            (text, values)
        }
        7 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            ("tcp dport".into(), random.some(super::pool::PORT_RANGES).into_iter().map(str::to_owned).collect())
        }
        8 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            let version = version(random, scope);
            let fields = format!("{} {} . tcp dport", version.word(), random.pick(&["saddr", "daddr"]));
            let ranges = random.some(version.ranges());
            (fields, ranges.iter().map(|range| format!("{range} . {}", random.pick(super::pool::PORT_RANGES))).collect())
        }
        9 if scope.transport.is_none() => {
            let keys = ["tcp . 80", "tcp . 443", "udp . 53", "udp . 443", "sctp . 80", "tcp . 8080"];
            ("meta l4proto . th dport".into(), random.some(&keys).into_iter().map(str::to_owned).collect())
        }
        0 | 1 if scope.transport.is_none_or(|protocol| protocol == "tcp") => {
            scope.transport = Some("tcp");
            ("tcp dport".into(), random.some(PORTS).iter().map(u16::to_string).collect())
        }
        2 if scope.transport.is_none() => {
            ("meta l4proto".into(), random.some(&["tcp", "udp", "icmp", "icmpv6"]).into_iter().map(str::to_owned).collect())
        }
        3 if scope.inet() => {
            ("ct state".into(), random.some(&["new", "established", "invalid", "untracked"]).into_iter().map(str::to_owned).collect())
        }
        4 if scope.transport.is_none_or(|protocol| protocol == "udp") && !scope.only(&["output", "postrouting"]) => {
            scope.transport = Some("udp");
            let ports = random.some(PORTS);
            (
                "iifname . udp dport".into(),
                ports.iter().map(|port| format!("{} . {port}", random.pick(&["\"eth0\"", "\"eth1\"", "\"lo\""]))).collect(),
            )
        }
        5 => ("meta mark".into(), random.some(MARKS).iter().map(|mark| format!("{mark:#x}")).collect()),
        _ => {
            let version = version(random, scope);
            let field = format!("{} {}", version.word(), random.pick(&["saddr", "daddr"]));
            (field, random.some(version.ranges()).into_iter().map(str::to_owned).collect())
        }
    };
    let (field, keys) = keys;
    let mut elements: Vec<String> = keys.into_iter().map(|key| format!("{key} : {}", verdict(random, scope))).collect();
    if random.percent(20) && !field.contains(" . ") {
        elements.push(format!("* : {}", verdict(random, scope)));
    }
    format!("{field} vmap {{ {} }}", elements.join(", "))
}
