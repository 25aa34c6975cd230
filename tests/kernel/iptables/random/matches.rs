//! What random rules ask.

use super::ruleset::Place;
use crate::generate::{
    Random,
    pool::{self, DSCP, MARKS, PORTS, TTL},
};
use crate::lab::iptables::Version;

/// The pool of the version.
pub fn addresses(version: Version) -> pool::Version {
    if version == Version::V4 { pool::Version::V4 } else { pool::Version::V6 }
}

/// The options of a rule, in an order that iptables takes.
pub fn matches(random: &mut Random, place: &mut Place) -> Vec<String> {
    let mut parts = Vec::new();
    if random.percent(30) {
        let option = random.pick(&["-s", "-d"]);
        parts.push(format!("{}{option} {}", not(random), address(random, place.version)));
    }
    if random.percent(20) {
        parts.extend(interface(random, place));
    }
    if random.percent(55) {
        let icmp = if place.version == Version::V4 { "icmp" } else { "ipv6-icmp" };
        let protocol = random.weighted(&[(5, "tcp"), (3, "udp"), (2, icmp), (1, "esp"), (1, "47")]);
        place.protocol = Some(protocol);
        parts.push(format!("-p {protocol}"));
        if random.percent(75) {
            parts.extend(of_protocol(random, place.version, protocol));
        }
    }
    for _ in 0..random.one(&[0, 0, 1, 1, 1, 2, 2]) {
        parts.extend(other(random, place));
    }
    parts
}

fn not(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", "! "])
}

fn address(random: &mut Random, version: Version) -> String {
    let pool = addresses(version);
    match random.below(4) {
        0 => random.pick(pool.own()).to_owned(),
        1 => random.pick(pool.remote("eth0")).to_owned(),
        2 => {
            let (mask, value) = random.one(pool.masked());
            format!("{value}/{mask}")
        }
        _ => random.pick(pool.prefixes()).to_owned(),
    }
}

fn interface(random: &mut Random, place: &Place) -> Option<String> {
    let all = |wanted: &[&str]| place.hooks.iter().all(|hook| wanted.contains(hook));
    let option = match random.below(2) {
        0 if all(&["PREROUTING", "INPUT", "FORWARD"]) => "-i",
        _ if all(&["FORWARD", "OUTPUT", "POSTROUTING"]) => "-o",
        _ => return None,
    };
    Some(format!("{}{option} {}", not(random), random.pick(&["eth0", "eth1", "lo", "eth+", "tun0"])))
}

fn port(random: &mut Random) -> String {
    match random.below(3) {
        0 => random.pick(&["0:1023", "1024:65535", "80:443", "30000:"]).to_owned(),
        _ => random.one(PORTS).to_string(),
    }
}

fn of_protocol(random: &mut Random, version: Version, protocol: &str) -> Option<String> {
    let side = random.pick(&["--sport", "--dport", "--dport"]);
    Some(match (protocol, random.below(10)) {
        ("tcp" | "udp", 0..=4) => format!("-m {protocol} {}{side} {}", not(random), port(random)),
        ("tcp" | "udp", 5..=7) => {
            let list: Vec<_> = (0..random.between(1, 4)).map(|_| random.one(PORTS).to_string()).collect();
            let list = if random.percent(40) { format!("{},400:1023", list.join(",")) } else { list.join(",") };
            format!("-m multiport {}{} {list}", not(random), random.pick(&["--sports", "--dports", "--ports"]))
        }
        ("tcp", 8) => format!("-m tcp {}--syn", not(random)),
        ("tcp", _) => {
            format!("-m tcp {}--tcp-flags {}", not(random), random.pick(&["ALL SYN", "SYN,ACK SYN", "FIN,RST NONE", "ALL NONE", "URG URG"]))
        }
        ("icmp", _) if version == Version::V4 => {
            format!("-m icmp {}--icmp-type {}", not(random), random.pick(&["8", "3/1", "3", "any", "0", "11"]))
        }
        ("ipv6-icmp", _) => format!("-m icmp6 {}--icmpv6-type {}", not(random), random.pick(&["128", "1/4", "1", "129", "136"])),
        ("esp", _) => format!("-m esp {}--espspi {}", not(random), random.pick(&["0:1000", "80", "1342177280:4294967295"])),
        _ => return None,
    })
}

fn mark(random: &mut Random) -> String {
    let value = random.one(MARKS);
    match random.below(3) {
        0 => format!("{value:#x}/{:#x}", random.one(&[0xff_u32, 0xff00, 1, u32::MAX])),
        _ => format!("{value:#x}"),
    }
}

fn other(random: &mut Random, place: &Place) -> Option<String> {
    let (not, pool) = (not(random), addresses(place.version));
    let all = |wanted: &[&str]| place.hooks.iter().all(|hook| wanted.contains(hook));
    Some(match random.below(23) {
        0 | 1 => format!("-m mark {not}--mark {}", mark(random)),
        2 => format!("-m connmark {not}--mark {}", mark(random)),
        3 => format!("-m state {not}--state {}", random.pick(&["NEW", "INVALID", "RELATED,ESTABLISHED", "UNTRACKED", "NEW,INVALID"])),
        4 | 5 => {
            let states = ["NEW", "INVALID", "RELATED,ESTABLISHED", "UNTRACKED", "DNAT", "SNAT,INVALID", "NEW,UNTRACKED"];
            format!("-m conntrack {not}--ctstate {}", random.pick(&states))
        }
        6 => {
            let side = random.pick(&["--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst"]);
            format!("-m conntrack {not}{side} {}", random.pick(pool.prefixes()))
        }
        7 => {
            let more = [format!("{not}--ctproto 6"), "--ctdir ORIGINAL".to_owned(), format!("{not}--ctstatus SEEN_REPLY")];
            format!("-m conntrack {}", more[random.below(3)])
        }
        8 => {
            let kinds: &[&str] = if place.version == Version::V4 {
                &["LOCAL", "UNICAST", "BROADCAST", "LOCAL,UNICAST", "UNREACHABLE"]
            } else {
                &["LOCAL", "UNICAST", "MULTICAST", "UNREACHABLE"]
            };
            format!("-m addrtype {not}{} {}", random.pick(&["--src-type", "--dst-type"]), random.pick(kinds))
        }
        9 => format!("-m iprange {not}{} {}", random.pick(&["--src-range", "--dst-range"]), random.pick(pool.ranges())),
        10 => format!("-m length {not}--length {}", random.pick(&["0:40", "40", "28:60", "61:65535"])),
        11 => {
            let name = if place.version == Version::V4 { "ttl" } else { "hl" };
            format!("-m {name} --{name}-{} {}", random.pick(&["eq", "lt", "gt"]), random.one(TTL))
        }
        12 => format!("-m dscp {not}--dscp {}", random.one(DSCP)),
        13 => format!("-m tos {not}--tos {}", random.pick(&["0x10", "0x20/0xfc", "0x01/0x03", "Minimize-Delay"])),
        14 => format!("-m ecn {not}--ecn-ip-ect {}", random.below(4)),
        15 if all(&["PREROUTING", "INPUT", "FORWARD"]) => {
            format!("-m mac {not}--mac-source {}", random.pick(&["02:00:00:00:00:11", "02:00:00:00:00:12"]))
        }
        15 if all(&["OUTPUT", "POSTROUTING"]) => format!("-m owner {not}--uid-owner {}", random.pick(&["0", "1-999", "0-5"])),
        16 => format!("-m pkttype {not}--pkt-type {}", random.pick(&["unicast", "multicast"])),
        17 => format!("-m u32 {not}--u32 \"{}\"", u32_program(random, place.version)),
        18 | 19 => of_way(random, place)?,
        // Most of it is left open.
        20 if random.percent(4) => of_host(random, place)?,
        _ => set(random, place),
    })
}

/// What the packet's way tells: devices, IPsec, the way back, the headers between.
fn of_way(random: &mut Random, place: &Place) -> Option<String> {
    let not = not(random);
    let all = |wanted: &[&str]| place.hooks.iter().all(|hook| wanted.contains(hook));
    let (comes, leaves) = (all(&["PREROUTING", "INPUT", "FORWARD"]), all(&["FORWARD", "OUTPUT", "POSTROUTING"]));
    Some(match random.below(6) {
        0 if comes => format!("-m devgroup {not}--src-group {}", random.pick(&["0x0", "0x1", "0x0/0x3"])),
        0 if leaves => format!("-m devgroup {not}--dst-group {}", random.pick(&["0x0", "0x1"])),
        1 if comes => format!("-m policy --dir in --pol {}", random.pick(&["none", "ipsec"])),
        1 if leaves => format!("-m policy --dir out --pol {}", random.pick(&["none", "ipsec"])),
        2 if place.table != "filter" && place.table != "nat" && all(&["PREROUTING"]) => {
            format!("-m rpfilter {}", random.pick(&["", "--loose", "--invert", "--accept-local", "--validmark"]))
        }
        3 if place.version == Version::V6 => {
            format!("-m ipv6header --header {}{}", random.pick(&["frag", "hop", "tcp"]), random.pick(&["", " --soft"]))
        }
        // Asked where routes are known: legacy tables refuse it elsewhere only when all is committed.
        3 if random.percent(25) && all(&["INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]) => {
            format!("-m realm {not}--realm {}", random.pick(&["0x0", "0x1"]))
        }
        4 if place.protocol == Some("tcp") => format!("-m tcpmss {not}--mss {}", random.pick(&["0:535", "536", "1400:1460"])),
        4 => "-m comment --comment \"a rule\"".to_owned(),
        _ => return None,
    })
}

/// What the host knows, remembers or counts, and the time of day; what packets carry.
fn of_host(random: &mut Random, place: &Place) -> Option<String> {
    let not = not(random);
    let comes = place.hooks.iter().all(|hook| ["PREROUTING", "INPUT"].contains(hook));
    Some(match random.below(6) {
        0 | 1 => {
            let (algorithm, part) =
                (random.pick(&["bm", "kmp"]), random.pick(&["--hex-string |50|", "--hex-string |ff01|", "--string none"]));
            let within = random.pick(&["", " --from 20", " --to 40", " --from 20 --to 60"]);
            format!("-m string {not}{part} --algo {algorithm}{within}")
        }
        2 => format!(
            "-m time {}",
            random.pick(&["--datestart 2020-01-01", "--datestop 2020-01-01", "--datestart 2020-01-01 --datestop 2021-01-01"])
        ),
        3 => format!("-m recent --name none {not}--{} --rsource", random.pick(&["rcheck", "update"])),
        4 => format!("-m hashlimit --hashlimit-name h{} --hashlimit-above 100000/sec --hashlimit-mode srcip", random.below(1 << 20)),
        5 if comes && matches!(place.table, "mangle" | "raw") => "-m socket".to_owned(),
        _ => return None,
    })
}

fn u32_program(random: &mut Random, version: Version) -> String {
    let programs: &[&str] = match version {
        Version::V4 => &[
            "6&0xFF=6",
            "8>>24=64:255",
            "0>>22&0x3C@0>>16=80,443,1024:65535",
            "4&0x3FFF=0&&0>>22&0x3C@0&0xFFFF=53",
            "0&0xFFFF=20:48",
            "16>>8&0xFF=0:3",
        ],
        Version::V6 => &["4>>8&0xFF=6", "4&0xFF=64:255", "40>>16=80,443,1024:65535", "40&0xFFFF=53", "8>>16=0xfd00"],
    };
    random.pick(programs).to_owned()
}

/// The sets that [`super::SETS`] makes.
fn set(random: &mut Random, place: &Place) -> String {
    let version = if place.version == Version::V4 { "4" } else { "6" };
    let (kind, flags) = random.one(&[
        ("ip", "src"),
        ("ip", "dst"),
        ("learned", "src"),
        ("learned", "dst"),
        ("net", "src"),
        ("net", "dst"),
        ("port", "dst,dst"),
        ("port", "src,dst"),
    ]);
    format!("-m set {}--match-set {kind}{version} {flags}", not(random))
}
