//! `-m set` over random sets of every type, with random packets.

#[path = "../../ipset/members.rs"]
#[allow(dead_code, reason = "the tests of ipset itself need more of it")]
mod members;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::judge::judge;
use crate::compare::clearway;
use crate::generate::Random;
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{BACKENDS, VERSIONS, Version},
};
use crate::packet::{Body, Packet, SYN};
use members::Made;

pub const TESTS: &[Test] = tests![Needs::Program("ipset"); sets_of_every_type, sets_that_packets_change];

/// Packets for each back end and IP version.
const PACKETS: usize = 120;

fn sets_of_every_type() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let mut made = members::sets(&mut random, 30);
        let mut lab = Lab::build().expect("a lab");
        // Elements of bitmap:ip,mac take the first Ethernet address that they meet, and packets do not tell theirs.
        made.retain(|set| !set.kind.contains("mac"));
        // Types that this kernel does not have.
        made.retain(|set| ipset(&set.create));
        assert!(made.len() > 20, "of {} sets only", made.len());
        made.iter().flat_map(|set| &set.adds).for_each(|add| _ = ipset(add));
        for backend in BACKENDS {
            for version in VERSIONS {
                let sets = made.iter().filter(|set| fits(set, version));
                let rules: String = sets.map(|set| rules(&mut random, set)).collect();
                let text = format!("*mangle\n{rules}-A PREROUTING -j DROP\n-A OUTPUT -j DROP\nCOMMIT\n");
                lab.forget().expect("connections are forgotten");
                backend.restore(version, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
                let packets: Vec<_> = (0..PACKETS).map(|_| packet(&mut random, version)).collect();
                let answers = clearway::trace(&lab.path(), &packets).expect("clearway answers");
                let (judged, complaints) = judge(&mut lab, backend, version, &packets, answers);
                assert!(complaints.is_empty(), "seed {seed}, {backend:?} {version:?}\n{complaints}");
                let open = judged.answers.iter().filter(|answer| answer.open).count();
                assert_eq!(open, 0, "seed {seed}: left open");
                let counted = judged.counted.values().filter(|count| **count > 0).count();
                assert!(counted > 5, "seed {seed}: only {counted} rules have counted anything");
                backend.restore(version, "*mangle\nCOMMIT\n").expect("an empty table");
            }
        }
    }
}

/// A packet adds its key, is asked for, is taken out, and asked for again: one packet at a time, as each changes what the next one meets.
fn sets_that_packets_change() {
    const SETS: [(&str, &str, &str); 9] = [
        ("hash:ip", "", "src"),
        ("hash:ip", "netmask 28", "dst"),
        ("hash:ip", "timeout 100", "src"),
        ("hash:net", "", "dst"),
        ("bitmap:ip", "range 10.1.1.0/24", "src"),
        ("bitmap:port", "range 20-60", "dst"),
        ("hash:ip,port", "", "src,dst"),
        ("hash:ip,mark", "", "src,src"),
        ("hash:net,port,net", "", "src,dst,dst"),
    ];
    let mut lab = Lab::build().expect("a lab");
    let mut rules = String::new();
    for (number, (kind, options, sides)) in SETS.iter().enumerate() {
        if !ipset(&format!("create c{number} {kind} {options}")) {
            assert!(["hash:ip,mark", "hash:net,port,net"].contains(kind), "{kind} {options}");
            continue;
        }
        let other = sides.replace("src", "x").replace("dst", "src").replace('x', "dst");
        for chain in ["PREROUTING", "OUTPUT"] {
            _ = writeln!(rules, "-A {chain} -m set --match-set c{number} {sides}");
            _ = writeln!(rules, "-A {chain} -j SET --add-set c{number} {sides} --exist");
            _ = writeln!(rules, "-A {chain} -m set --match-set c{number} {sides}");
            _ = writeln!(rules, "-A {chain} -m set --match-set c{number} {other}");
            _ = writeln!(rules, "-A {chain} -j SET --del-set c{number} {}", if number % 2 == 0 { *sides } else { other.as_str() });
            _ = writeln!(rules, "-A {chain} -m set --match-set c{number} {sides}");
        }
    }
    let text = format!("*mangle\n{rules}-A PREROUTING -j DROP\n-A OUTPUT -j DROP\nCOMMIT\n");
    let mut random = Random::new(1);
    for backend in BACKENDS {
        lab.forget().expect("connections are forgotten");
        backend.restore(Version::V4, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        for _ in 0..25 {
            let packets = [packet(&mut random, Version::V4)];
            let answers = clearway::trace(&lab.path(), &packets).expect("clearway answers");
            let (judged, complaints) = judge(&mut lab, backend, Version::V4, &packets, answers);
            assert!(complaints.is_empty(), "{backend:?} {packets:?}\n{complaints}");
            assert!(judged.answers.iter().all(|answer| !answer.open), "{backend:?} {}", judged.answers[0].line);
        }
        backend.restore(Version::V4, "*mangle\nCOMMIT\n").expect("an empty table");
    }
}

/// `CLEARWAY_SEEDS` asks for more than the two that always run.
fn seeds() -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("CLEARWAY_SEEDS").ok().and_then(|number| number.parse().ok()).unwrap_or(2)
}

/// Whether the kernel takes a line of `ipset`.
fn ipset(line: &str) -> bool {
    let mut command = Command::new("ipset");
    let mut child = command.args(["-exist", "restore"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("ipset runs");
    child.stdin.take().expect("a pipe").write_all(format!("{line}\n").as_bytes()).expect("it listens");
    child.wait().expect("it ends").success()
}

/// Whether the program takes a rule with the set.
fn fits(set: &Made, version: Version) -> bool {
    let of_any = ["bitmap:port", "list:set"].contains(&set.kind);
    of_any || set.create.contains("inet6") == (version == Version::V6)
}

/// Rules that ask for the set from several sides, in both chains.
fn rules(random: &mut Random, set: &Made) -> String {
    let name = set.create.split(' ').nth(1).expect("a name");
    let most = if set.kind == "list:set" { 3 } else { set.kind.split(',').count() };
    let mut rules = String::new();
    for _ in 0..3 {
        let count = if random.percent(80) { most } else { random.between(1, 3) };
        let sides: Vec<_> = (0..count).map(|_| random.pick(&["src", "dst"])).collect();
        let not = if random.percent(30) { "! " } else { "" };
        let options = random.pick(&["", "", "", " --return-nomatch", " ! --update-counters", " ! --update-subcounters"]);
        for chain in ["PREROUTING", "OUTPUT"] {
            _ = writeln!(rules, "-A {chain} -m set {not}--match-set {name} {}{options}", sides.join(","));
        }
    }
    rules
}

/// Packets between few addresses, as the members have them.
fn packet(random: &mut Random, version: Version) -> Packet {
    let port = |random: &mut Random| random.between(20, 95) as u16;
    let body = match random.below(10) {
        0..=4 => Body::Tcp { source: port(random), destination: port(random), flags: SYN, sequence: 1, acknowledgement: 0 },
        5..=6 => Body::Udp { source: port(random), destination: port(random) },
        7..=8 => Body::Icmp { kind: random.one(&[3, 8, 128, 129, 135]), code: random.one(&[0, 1, 7]), identifier: 7 },
        _ => Body::Other(random.one(&[47, 250, 132, 136])),
    };
    let family = if version == Version::V4 { 4 } else { 6 };
    let address = |random: &mut Random| members::key(random, "hash:ip", family, false);
    // The host itself only has a way to its neighbours.
    let sent = version == Version::V4 && random.percent(30);
    let input = if sent { None } else { Some(random.one(&["eth0", "eth1"])) };
    let source = if sent { "10.1.0.1".to_owned() } else { address(random) };
    let mut packet = Packet::new(input, &source, &address(random), body);
    if let Body::Other(132 | 136) = packet.body {
        packet.payload = vec![0, 85, 0, 86, 0, 8, 0, 0, 0, 0, 0, 0];
    }
    if sent {
        packet.mark = random.below(0x300) as u32;
    }
    packet
}
