//! Rules in both back ends at once.

use std::process::Command;

use serde_json::Value;

use super::judge::judge;
use crate::compare::clearway::{Answer, trace};
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Lab,
    iptables::{Backend, Version},
};
use crate::packet::{Packet, SYN, tcp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    accepted_in_one_world_and_dropped_in_the_other,
    worlds_of_different_priority_run_in_order,
    where_the_order_does_not_matter_nothing_is_open,
    where_the_order_matters_it_is_open,
    the_later_registered_world_runs_first,
    what_two_worlds_do_to_a_flow_is_said_in_words,
];

fn through(port: u16) -> Packet {
    tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, port), SYN)
}

/// Loads both worlds, in this order, and compares what is not left open.
fn both(first: (Backend, &str), second: (Backend, &str), ports: &[u16]) -> (Vec<Answer>, Vec<bool>) {
    let mut lab = Lab::build().expect("a lab");
    for (backend, text) in [first, second] {
        backend.restore(Version::V4, text).unwrap_or_else(|error| panic!("{backend:?}\n{text}\n{error}"));
    }
    let packets: Vec<_> = ports.iter().copied().map(through).collect();
    let answers = trace(&lab.path(), &packets).expect("clearway answers");
    // Rules of both back ends have the same places, so ends alone are compared here.
    let (judged, complaints) = judge(&mut lab, Backend::Legacy, Version::V4, &packets, answers);
    let complaints: Vec<_> =
        complaints.lines().filter(|line| !line.starts_with("clearway counts") && !line.starts_with("counter")).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let left = judged.fates.iter().map(|fate| !fate.left.is_empty()).collect();
    (judged.answers, left)
}

const ACCEPTS: &str = "*filter\n-A FORWARD -p tcp -m tcp --dport 1:3 -j ACCEPT\n-A FORWARD -p tcp -m tcp --dport 4 -j DROP\nCOMMIT\n";
const DROPS: &str = "*filter\n-A FORWARD -p tcp -m tcp --dport 2 -j DROP\nCOMMIT\n";

fn accepted_in_one_world_and_dropped_in_the_other() {
    for worlds in [[(Backend::Legacy, ACCEPTS), (Backend::Nft, DROPS)], [(Backend::Nft, ACCEPTS), (Backend::Legacy, DROPS)]] {
        let [first, second] = worlds;
        let (_, left) = both(first, second, &[1, 2, 3, 4, 5]);
        assert_eq!(left, [true, false, true, false, true]);
    }
}

fn worlds_of_different_priority_run_in_order() {
    let mangle = "*mangle\n-A FORWARD -p tcp -m tcp --dport 2 -j MARK --set-mark 1\n-A FORWARD -p tcp -m tcp --dport 3 -j DROP\nCOMMIT\n";
    let filter = "*filter\n-A FORWARD -m mark --mark 1 -j DROP\nCOMMIT\n";
    let (answers, left) = both((Backend::Legacy, filter), (Backend::Nft, mangle), &[1, 2, 3]);
    assert_eq!(left, [true, false, false]);
    assert!(answers.iter().all(|answer| !answer.open), "{answers:?}");
}

fn where_the_order_does_not_matter_nothing_is_open() {
    let (answers, _) = both((Backend::Legacy, ACCEPTS), (Backend::Nft, DROPS), &[1, 3, 5]);
    assert!(answers.iter().all(|answer| !answer.open && answer.verdict == "accept"), "{answers:?}");
    let nat = "*nat\n-A PREROUTING -p tcp -m tcp --dport 1 -j DNAT --to-destination 10.2.0.9\nCOMMIT\n";
    let other = "*nat\n-A PREROUTING -p tcp -m tcp --dport 2 -j DNAT --to-destination 10.2.0.10\nCOMMIT\n";
    let (answers, _) = both((Backend::Legacy, nat), (Backend::Nft, other), &[1, 2, 3]);
    assert!(answers.iter().all(|answer| !answer.open), "{answers:?}");
}

fn where_the_order_matters_it_is_open() {
    // Which of the two drops it, and so which of them counts.
    let counts = "*filter\n-A FORWARD -p tcp\nCOMMIT\n";
    let (answers, _) = both((Backend::Legacy, counts), (Backend::Nft, DROPS), &[1, 2]);
    assert!(!answers[0].open && answers[1].open, "{answers:?}");
    // A mark that the other one asks for.
    let marks = "*filter\n-A FORWARD -j MARK --set-mark 5\nCOMMIT\n";
    let asks = "*filter\n-A FORWARD -m mark --mark 5 -j DROP\nCOMMIT\n";
    let (answers, _) = both((Backend::Legacy, marks), (Backend::Nft, asks), &[1]);
    assert!(answers[0].open, "{answers:?}");
}

fn the_later_registered_world_runs_first() {
    let marks = "*filter\n-A FORWARD -j MARK --set-mark 5\nCOMMIT\n";
    let asks = "*filter\n-A FORWARD -m mark --mark 5 -j DROP\nCOMMIT\n";
    let (_, left) = both((Backend::Legacy, marks), (Backend::Nft, asks), &[1]);
    assert_eq!(left, [true], "nf_tables' chain is the later one, and asks before there is a mark");
    let (_, left) = both((Backend::Legacy, asks), (Backend::Nft, marks), &[1]);
    assert_eq!(left, [false], "nf_tables' chain is the later one, and marks before it is asked");
}

fn what_two_worlds_do_to_a_flow_is_said_in_words() {
    let mut lab = Lab::build().expect("a lab");
    lab.load("table inet own { chain forward { type filter hook forward priority 5; tcp dport 3 drop\n}\n}").expect("nft takes it");
    for (backend, text) in [(Backend::Legacy, ACCEPTS), (Backend::Nft, DROPS)] {
        backend.restore(Version::V4, text).unwrap_or_else(|error| panic!("{backend:?}\n{text}\n{error}"));
    }
    let findings = |port: u16| {
        let flow = format!("tcp 10.1.0.7 -> 10.2.0.7:{port} in eth0");
        let output = Command::new(env!("CARGO_BIN_EXE_clearway"))
            .args(["--netns", &lab.path(), "--no-discover", "--format", "json", "--flow", &flow])
            .output()
            .expect("clearway runs");
        let audit: Value = serde_json::from_slice(&output.stdout).expect("an audit");
        let findings = audit["findings"].as_array().cloned().unwrap_or_default();
        let told = findings.iter().filter(|finding| finding["code"] == "two-back-ends");
        told.filter_map(|finding| finding["title"].as_str()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        findings(3),
        "traffic to 10.2.0.7:3/tcp meets two worlds of rules: ip filter FORWARD of the legacy tables accepts; \
         the nft chain inet own forward then drops"
    );
    assert_eq!(findings(5), "", "no rule of either has a say");
    assert!(findings(2).contains("ip filter FORWARD of iptables-nft"), "{}", findings(2));
}
