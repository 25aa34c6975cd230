//! Fixes of iptables' rules, really made: a packet that was stopped gets through, and nothing else does.

use std::process::Command;

use serde_json::Value;

use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{BACKENDS, Backend, VERSIONS, Version},
};
use crate::packet::{Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    before_the_rule_that_drops,
    at_the_end_of_a_chain_with_a_policy,
    in_a_chain_of_the_operators,
    for_clients_of_a_host_that_hears_not_even_itself,
    in_both_worlds,
    what_iptables_does_not_list_is_nfts,
];

/// The first address stands for IPv4, the second for IPv6.
fn through(version: Version, port: u16) -> Packet {
    match version {
        Version::V4 => tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (40000, port), SYN),
        Version::V6 => tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (40000, port), SYN),
    }
}

/// The commands that clearway shows for the flow of a packet.
fn commands(lab: &Lab, version: Version, port: u16) -> Vec<String> {
    let flow = match version {
        Version::V4 => format!("tcp 10.1.0.0/24 -> 10.2.0.7:{port} in eth0"),
        Version::V6 => format!("tcp fd00:1::/64 -> [fd00:2::7]:{port} in eth0"),
    };
    of_flow(lab, &flow)
}

fn audit(lab: &Lab, flow: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_clearway"))
        .args(["--netns", &lab.path(), "--no-discover", "--format", "json", "--flow", flow])
        .output()
        .expect("clearway runs");
    serde_json::from_slice(&output.stdout).expect("an audit")
}

fn of_flow(lab: &Lab, flow: &str) -> Vec<String> {
    let audit = audit(lab, flow);
    let findings = audit["findings"].as_array().cloned().unwrap_or_default();
    let commands = findings.iter().flat_map(|finding| finding["fixes"].as_array().cloned().unwrap_or_default());
    let commands = commands.flat_map(|fix| fix["commands"].as_array().cloned().unwrap_or_default());
    let commands: Vec<String> = commands.filter_map(|command| command.as_str().map(str::to_owned)).collect();
    assert!(!commands.is_empty(), "{audit:#}");
    commands
}

/// Makes the fix, and looks at what gets through before and after: of `others` nothing changes.
fn mends(lab: &mut Lab, version: Version, others: &[Packet]) -> Vec<String> {
    let wanted = through(version, 8080);
    let passes = |lab: &mut Lab, packet: &Packet| {
        lab.forget().expect("connections are forgotten");
        !lab.send(packet).expect("it is sent").left.is_empty()
    };
    assert!(!passes(lab, &wanted), "it was not stopped");
    let before: Vec<bool> = others.iter().map(|packet| passes(lab, packet)).collect();
    let commands = commands(lab, version, 8080);
    for command in &commands {
        let output = Command::new("sh").args(["-c", command]).output().expect("a shell");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(passes(lab, &wanted), "{commands:?} do not help");
    let after: Vec<bool> = others.iter().map(|packet| passes(lab, packet)).collect();
    assert_eq!(before, after, "{commands:?} change what becomes of other packets");
    commands
}

/// Packets that are none of the flow.
fn others(version: Version) -> Vec<Packet> {
    let mut others = vec![through(version, 8081), through(version, 80), through(version, 22)];
    others.push(match version {
        Version::V4 => udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (40000, 8080)),
        Version::V6 => udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (40000, 8080)),
    });
    others.push(match version {
        Version::V4 => tcp(Some("eth0"), "10.1.0.7", "10.2.0.8", (40000, 8080), SYN),
        Version::V6 => tcp(Some("eth0"), "fd00:1::7", "fd00:2::8", (40000, 8080), SYN),
    });
    others.push(match version {
        Version::V4 => tcp(Some("eth1"), "10.2.0.7", "10.1.0.7", (40000, 8080), SYN),
        Version::V6 => tcp(Some("eth1"), "fd00:2::7", "fd00:1::7", (40000, 8080), SYN),
    });
    others
}

fn each(text: &str, chain: &str) {
    for backend in BACKENDS {
        for version in VERSIONS {
            let mut lab = Lab::build().expect("a lab");
            let text = if version == Version::V4 { text.to_owned() } else { text.replace("icmp", "ipv6-icmp") };
            backend.restore(version, &text).unwrap_or_else(|error| panic!("{backend:?} {version:?}\n{text}\n{error}"));
            let commands = mends(&mut lab, version, &others(version));
            let program = backend.program(version, "").trim_end_matches('-').to_owned();
            let short = program.split('-').next().unwrap_or_default().to_owned();
            for command in commands {
                let named = command.strip_prefix(&format!("{program} ")).or_else(|| command.strip_prefix(&format!("{short} ")));
                assert!(named.is_some_and(|rest| rest.contains(chain)), "{backend:?} {version:?}: {command}");
            }
        }
    }
}

const REPLIES: &str = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -p icmp -j ACCEPT\n";

fn before_the_rule_that_drops() {
    let rules = "-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\n-A FORWARD -p tcp -m tcp --dport 8000:9000 -j DROP\n-A FORWARD -j ACCEPT\n";
    each(&format!("*filter\n{REPLIES}{rules}COMMIT\n"), "-I FORWARD 4 ");
}

fn at_the_end_of_a_chain_with_a_policy() {
    each(&format!("*filter\n:FORWARD DROP\n{REPLIES}-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n"), "-A FORWARD ");
}

fn in_a_chain_of_the_operators() {
    let rules = "-A FORWARD -i eth0 -j web\n-A web -p tcp -m tcp --dport 80 -j RETURN\n-A web -j REJECT\n";
    each(&format!("*filter\n:web -\n{REPLIES}{rules}COMMIT\n"), "-I web 2 ");
}

/// Nothing lets in what comes by lo; packets of clients never do.
fn for_clients_of_a_host_that_hears_not_even_itself() {
    for backend in BACKENDS {
        let lab = Lab::build().expect("a lab");
        let text = "*filter\n:INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n";
        backend.restore(Version::V4, text).unwrap_or_else(|error| panic!("{backend:?}\n{error}"));
        let flow = "tcp any -> 10.1.0.1,10.2.0.1:8080";
        for command in of_flow(&lab, flow) {
            assert!(Command::new("sh").args(["-c", &command]).status().expect("a shell").success(), "{command}");
        }
        let after = audit(&lab, flow);
        let codes: Vec<_> = after["findings"].as_array().into_iter().flatten().map(|finding| finding["code"].to_string()).collect();
        assert!(!codes.iter().any(|code| code.contains("blocked")), "{backend:?}: {after:#}");
    }
}

fn in_both_worlds() {
    let mut lab = Lab::build().expect("a lab");
    let drops = format!("*filter\n{REPLIES}-A FORWARD -p tcp -m tcp --dport 8000:9000 -j DROP\nCOMMIT\n");
    for backend in BACKENDS {
        backend.restore(Version::V4, &drops).expect("iptables takes it");
    }
    let commands = mends(&mut lab, Version::V4, &others(Version::V4));
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert!(commands.iter().any(|command| command.contains("iptables-legacy")), "{commands:?}");
}

fn what_iptables_does_not_list_is_nfts() {
    let mut lab = Lab::build().expect("a lab");
    let drops = format!("*filter\n{REPLIES}-A FORWARD -p tcp -m tcp --dport 8000:9000 -j DROP\nCOMMIT\n");
    Backend::Nft.restore(Version::V4, &drops).expect("iptables-nft takes it");
    let made = Command::new("nft").args(["add", "rule", "ip", "filter", "FORWARD", "ct", "state", "invalid", "drop"]).status();
    assert!(made.expect("nft runs").success());
    let commands = mends(&mut lab, Version::V4, &others(Version::V4));
    assert!(commands.iter().all(|command| command.starts_with("nft insert rule ip filter FORWARD handle ")), "{commands:?}");
}
