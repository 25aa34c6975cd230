//! Sets and maps, with names and without.

use super::pool::{MARKS, PORT_RANGES, PORTS, Version};
use super::random::Random;
use super::scope::{Family, Scope};

/// A set or map that a table declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// What it is asked with: `ip`, `ip6`, `port`, `mark`, `ifname`, or fields of a concatenation.
    pub kind: &'static str,
    pub map: bool,
    /// What stands before the elements.
    pub header: String,
    pub elements: Vec<String>,
}

/// An anonymous set.
pub fn anonymous(mut elements: Vec<String>) -> String {
    elements.sort();
    elements.dedup();
    format!("{{ {} }}", elements.join(", "))
}

/// The name of a set of this kind, if the table has one.
pub fn named(random: &mut Random, scope: &Scope, kind: &str) -> Option<String> {
    let fitting: Vec<&Named> = scope.named.iter().filter(|set| set.kind == kind && !set.map).collect();
    (!fitting.is_empty()).then(|| fitting[random.below(fitting.len())].name.clone())
}

/// A map of this kind, if the table has one.
pub fn named_map<'a>(random: &mut Random, scope: &Scope<'a>, kind: &str) -> Option<&'a Named> {
    let fitting: Vec<&Named> = scope.named.iter().filter(|set| set.kind == kind && set.map).collect();
    (!fitting.is_empty()).then(|| fitting[random.below(fitting.len())])
}

/// The sets and maps of a new table.
pub fn declare(random: &mut Random, family: Family) -> Vec<Named> {
    let versions: &[Version] = match family {
        Family::Ip => &[Version::V4],
        Family::Ip6 => &[Version::V6],
        _ => &[Version::V4, Version::V6],
    };
    (0..random.between(0, 5))
        .map(|index| {
            let version = random.one(versions);
            let mut set = one(random, version);
            set.name = format!("s{index}");
            set
        })
        .collect()
}

fn one(random: &mut Random, version: Version) -> Named {
    let word = version.word();
    let address = if version == Version::V4 { "ipv4_addr" } else { "ipv6_addr" };
    let set = |kind, header: String, elements| Named { name: String::new(), kind, map: false, header, elements };
    match random.below(20) {
        13..=15 => another(random, version, set),
        11 => {
            let (kind, header) = random.one(&learned(version));
            set(kind, format!("type {header}; size 1000; flags dynamic,timeout; timeout 1h;"), Vec::new())
        }
        12 => {
            let pairs = random
                .some(PORT_RANGES)
                .into_iter()
                .map(|range| format!("{range} : {}", random.pick(&["accept", "drop", "return", "continue"])))
                .collect();
            Named { map: true, ..set("verdict", "type inet_service : verdict; flags interval;".into(), pairs) }
        }
        0 => set(word, format!("type {address};"), addresses(random, version)),
        1 => set(word, format!("type {address}; flags interval;"), random.some(version.ranges()).into_iter().map(str::to_owned).collect()),
        2 => {
            let prefixes = random.some(version.prefixes()).into_iter().map(str::to_owned).collect();
            set(word, format!("type {address}; flags interval; auto-merge;"), prefixes)
        }
        3 => set("port", "type inet_service;".into(), random.some(PORTS).iter().map(u16::to_string).collect()),
        4 => set("port", "type inet_service; flags interval;".into(), random.some(PORT_RANGES).into_iter().map(str::to_owned).collect()),
        5 => set("mark", "type mark;".into(), random.some(MARKS).iter().map(|mark| format!("{mark:#x}")).collect()),
        6 => {
            set("ifname", "type ifname;".into(), random.some(&["\"eth0\"", "\"eth1\"", "\"lo\""]).into_iter().map(str::to_owned).collect())
        }
        7 => {
            let pairs = (0..random.between(2, 8)).map(|_| format!("{} . {}", any(random, version), random.one(PORTS))).collect();
            set(concatenation(version), format!("type {address} . inet_service;"), distinct(pairs))
        }
        8 => {
            let pairs = random.some(version.ranges()).into_iter().map(|range| format!("{range} . {}", random.pick(PORT_RANGES))).collect();
            set(concatenation(version), format!("type {address} . inet_service; flags interval;"), pairs)
        }
        9 => {
            let pairs = random.some(PORTS).iter().map(|port| format!("{port} : {:#x}", random.one(MARKS))).collect();
            Named { map: true, ..set("port", "type inet_service : mark;".into(), pairs) }
        }
        _ => {
            let pairs = random.some(version.ranges()).iter().map(|range| format!("{range} : {:#x}", random.one(MARKS))).collect();
            Named { map: true, ..set(word, format!("type {address} : mark; flags interval;"), pairs) }
        }
    }
}

/// Sets and maps of rarer kinds.
fn another(random: &mut Random, version: Version, set: impl Fn(&'static str, String, Vec<String>) -> Named) -> Named {
    let word = version.word();
    let address = if version == Version::V4 { "ipv4_addr" } else { "ipv6_addr" };
    let verdict = |random: &mut Random| random.pick(&["accept", "drop", "return", "continue"]);
    match random.below(9) {
        0 => {
            let with = |address: &str| format!("{address} timeout 1h expires 30m");
            set(word, format!("type {address}; flags timeout;"), addresses(random, version).iter().map(|address| with(address)).collect())
        }
        1 => {
            let mut elements: Vec<String> = random.some(version.ranges()).into_iter().map(str::to_owned).collect();
            if random.percent(20) {
                elements.push("*".into());
            }
            set(word, format!("type {address}; flags interval; counter;"), elements)
        }
        2 => set(
            "mark",
            "type mark; flags interval;".into(),
            random.some(&["0x0-0x1", "0x7", "0x100-0x1ff", "0xff00-0xffffffff"]).into_iter().map(str::to_owned).collect(),
        ),
        3 => set(
            "ifname",
            "type ifname; flags interval;".into(),
            random.some(&["\"eth*\"", "\"lo\""]).into_iter().map(str::to_owned).collect(),
        ),
        4 => {
            let pairs = random
                .some(version.ranges())
                .into_iter()
                .map(|range| format!("{range} . {} : {:#x}", random.pick(PORT_RANGES), random.one(MARKS)));
            Named {
                map: true,
                ..set(concatenation(version), format!("type {address} . inet_service : mark; flags interval;"), pairs.collect())
            }
        }
        5 => {
            let pairs = addresses(random, version).into_iter().map(|address| format!("{address} : {}", verdict(random))).collect();
            Named {
                map: true,
                ..set(if version == Version::V4 { "ip verdict" } else { "ip6 verdict" }, format!("type {address} : verdict;"), pairs)
            }
        }
        6 => {
            let pairs = random
                .some(version.ranges())
                .into_iter()
                .map(|range| format!("{range} . {} : {}", random.pick(PORT_RANGES), verdict(random)))
                .collect();
            let kind = if version == Version::V4 { "ip . port verdict" } else { "ip6 . port verdict" };
            Named { map: true, ..set(kind, format!("type {address} . inet_service : verdict; flags interval;"), pairs) }
        }
        7 => {
            let pairs = addresses(random, version).into_iter().map(|address| format!("{address} : {}", random.one(PORTS))).collect();
            Named {
                map: true,
                ..set(if version == Version::V4 { "ip port" } else { "ip6 port" }, format!("type {address} : inet_service;"), pairs)
            }
        }
        _ => {
            let elements =
                random.some(PORT_RANGES).into_iter().map(|range| format!("{} . {range}", random.pick(&["tcp", "udp"]))).collect();
            set("protocol . port", "type inet_proto . inet_service; flags interval;".into(), elements)
        }
    }
}

/// A use of such a map as a verdict, or of such a set as a match, if the table has one.
pub fn use_of_another(random: &mut Random, scope: &mut Scope) -> Option<String> {
    let fitting: Vec<&Named> =
        scope.named.iter().filter(|set| USES.iter().any(|(kind, map, _)| *kind == set.kind && *map == set.map)).collect();
    let set = fitting.get(random.below(fitting.len()))?;
    let (.., text) = USES.iter().find(|(kind, map, _)| *kind == set.kind && *map == set.map)?;
    if text.contains("tcp") && scope.transport.is_some_and(|protocol| protocol != "tcp")
        || text.contains("l4proto") && scope.transport.is_some()
    {
        return None;
    }
    if text.contains("tcp") {
        scope.transport = Some("tcp");
    }
    let version = if set.kind.starts_with("ip6") { Version::V6 } else { Version::V4 };
    if set.kind.starts_with("ip") {
        if scope.version.is_some_and(|settled| settled != version) {
            return None;
        }
        scope.version = Some(version);
    }
    Some(text.replace('@', &format!("@{}", set.name)))
}

/// How sets and maps of rarer kinds are used: kind, whether it is a map, and the text.
const USES: &[(&str, bool, &str)] = &[
    ("ip . port", true, "meta mark set ip saddr . tcp dport map @"),
    ("ip6 . port", true, "meta mark set ip6 daddr . tcp sport map @"),
    ("ip verdict", true, "ip saddr vmap @"),
    ("ip6 verdict", true, "ip6 daddr vmap @"),
    ("ip . port verdict", true, "ip daddr . tcp dport vmap @"),
    ("ip6 . port verdict", true, "ip6 saddr . tcp dport vmap @"),
    ("ip port", true, "tcp dport set ip saddr map @"),
    ("ip6 port", true, "tcp sport set ip6 daddr map @"),
    ("protocol . port", false, "meta l4proto . th dport @"),
];

/// What packets may be remembered by, and the type of the set for it.
fn learned(version: Version) -> [(&'static str, &'static str); 3] {
    match version {
        Version::V4 => [("learned ip", "ipv4_addr"), ("learned ip . port", "ipv4_addr . inet_service"), ("learned mark", "mark")],
        Version::V6 => [("learned ip6", "ipv6_addr"), ("learned ip6 . port", "ipv6_addr . inet_service"), ("learned mark", "mark")],
    }
}

/// The kind of a set of addresses with ports.
pub fn concatenation(version: Version) -> &'static str {
    match version {
        Version::V4 => "ip . port",
        Version::V6 => "ip6 . port",
    }
}

fn any(random: &mut Random, version: Version) -> &'static str {
    super::network::address(random, version)
}

fn addresses(random: &mut Random, version: Version) -> Vec<String> {
    let some = (0..random.between(2, 8)).map(|_| any(random, version).to_owned()).collect();
    distinct(some)
}

fn distinct(mut elements: Vec<String>) -> Vec<String> {
    elements.sort();
    elements.dedup();
    elements
}
