//! Translations: what a rule of a nat chain may end with.

use super::network::version;
use super::pool::{PORTS, Version};
use super::random::Random;
use super::scope::{Family, Scope};

/// Priorities of nat chains: they order only these among themselves, and have to lie behind connection tracking.
pub const PRIORITIES: [i32; 7] = [-110, -100, -100, -90, 0, 50, 100];

/// A translation that this hook allows.
pub fn translation(random: &mut Random, scope: &mut Scope) -> String {
    let source = scope.only(&["postrouting", "input"]);
    match random.below(10) {
        0 | 1 if scope.only(&["postrouting"]) => format!("masquerade{}{}", ports(random, scope), flags(random, false)),
        0..=2 if !source => format!("redirect{}{}", ports(random, scope), flags(random, false)),
        3 => mapped(random, scope, source),
        4 => only_ports(random, scope, source),
        5 => network(random, scope, source),
        _ => fixed(random, scope, source),
    }
}

fn word(source: bool) -> &'static str {
    if source { "snat" } else { "dnat" }
}

/// In inet tables a translation says which IP version it is for.
fn family(scope: &Scope, version: Version) -> &'static str {
    if scope.family == Family::Inet { version.word() } else { "" }
}

fn address(random: &mut Random, version: Version, source: bool) -> &'static str {
    if source || random.percent(30) {
        return random.pick(version.own());
    }
    let interface = random.pick(&["eth0", "eth1"]);
    random.pick(version.remote(interface))
}

fn bracketed(version: Version, address: &str) -> String {
    if version == Version::V6 { format!("[{address}]") } else { address.to_owned() }
}

fn has_ports(scope: &Scope) -> bool {
    matches!(scope.transport, Some("tcp" | "udp"))
}

fn port(random: &mut Random) -> String {
    if random.percent(15) { random.pick(&["8000-8010", "50000-50100", "1-65535"]).to_owned() } else { random.one(PORTS).to_string() }
}

fn ports(random: &mut Random, scope: &Scope) -> String {
    if has_ports(scope) && random.percent(60) { format!(" to :{}", port(random)) } else { String::new() }
}

fn flags(random: &mut Random, persistent: bool) -> &'static str {
    match random.below(20) {
        0 => " random",
        1 => " fully-random",
        2 if persistent => " persistent",
        _ => "",
    }
}

/// One address, with or without a port, or a range of addresses.
fn fixed(random: &mut Random, scope: &mut Scope, source: bool) -> String {
    let version = version(random, scope);
    let to = address(random, version, source);
    let to = match random.below(10) {
        0..=4 if has_ports(scope) => format!("{}:{}", bracketed(version, to), port(random)),
        // Which of many the kernel takes is open.
        5 if random.percent(30) => random.pick(version.ranges()).to_owned(),
        _ => to.to_owned(),
    };
    format!("{} {} to {to}{}", word(source), family(scope, version), flags(random, true))
}

fn only_ports(random: &mut Random, scope: &mut Scope, source: bool) -> String {
    if !has_ports(scope) {
        return fixed(random, scope, source);
    }
    let version = version(random, scope);
    format!("{} {} to :{}", word(source), family(scope, version), port(random))
}

/// To the like address of another network.
fn network(random: &mut Random, scope: &mut Scope, source: bool) -> String {
    let version = version(random, scope);
    let (end, other) = if source { ("saddr", "10.9.0.0/24") } else { ("daddr", "10.2.0.0/24") };
    let (from, to) = match version {
        Version::V4 => ("10.1.0.0/24", other),
        Version::V6 => ("fd00:1::/64", if source { "fd00:9::/64" } else { "fd00:2::/64" }),
    };
    format!("{} {} prefix to {} {end} map {{ {from} : {to} }}", word(source), family(scope, version), version.word())
}

/// To what a map says.
fn mapped(random: &mut Random, scope: &mut Scope, source: bool) -> String {
    let version = version(random, scope);
    let (verb, family, ip) = (word(source), family(scope, version), version.word());
    match random.below(3) {
        0 if scope.transport == Some("tcp") => {
            let elements: Vec<String> =
                random.some(PORTS).iter().map(|port| format!("{port} : {}", address(random, version, source))).collect();
            format!("{verb} {family} to tcp dport map {{ {} }}", elements.join(", "))
        }
        1 if scope.transport == Some("tcp") => {
            let element = |random: &mut Random, key: u16| format!("{key} : {} . {}", address(random, version, source), random.one(PORTS));
            let elements: Vec<String> = random.some(PORTS).into_iter().map(|key| element(random, key)).collect();
            format!("{verb} {ip} to tcp dport map {{ {} }}", elements.join(", "))
        }
        _ => {
            let element = |random: &mut Random, key: &str| format!("{key} : {}", address(random, version, source));
            let elements: Vec<String> = random.some(version.ranges()).into_iter().map(|key| element(random, key)).collect();
            format!("{verb} {family} to {ip} {} map {{ {} }}", random.pick(&["saddr", "daddr"]), elements.join(", "))
        }
    }
}
