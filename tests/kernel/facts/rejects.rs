//! Rejects, and whether their answer comes through.

use super::{Fact, Gone};
use crate::harness::{Needs, Test, tests};
use crate::lab::Lab;
use crate::packet::{Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    a_reject_is_the_end_of_a_packet_in_every_hook_that_allows_it,
    a_reset_answers_and_is_related_for_output,
    a_udp_packet_meets_port_unreachable,
];

fn a_reject_is_the_end_of_a_packet_in_every_hook_that_allows_it() {
    Fact {
        rules: "table inet t {
            chain p { type filter hook prerouting priority 0; tcp dport 1 counter reject comment \"p\" }
            chain i { type filter hook input priority 0; tcp dport 2 counter reject with tcp reset comment \"i\" }
            chain f { type filter hook forward priority 0; udp dport 3 counter reject with icmpx type admin-prohibited comment \"f\" }
            chain o { type filter hook output priority 0; udp dport 4 counter reject comment \"o\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 1), SYN), Gone),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 2), SYN), Gone),
            (udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 3)), Gone),
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 4)), Gone),
        ],
        counters: &[("p", 1), ("i", 1), ("f", 1), ("o", 1)],
        ..Fact::default()
    }
    .check();
}

/// What comes back on eth0 from packets that are sent with right checksums to rules.
fn answers(rules: &str, packet: &Packet) -> Vec<Vec<u8>> {
    let mut lab = Lab::build().expect("a lab");
    crate::lab::settings::sysctls(&[("net/ipv4/icmp_msgs_per_sec", "1000"), ("net/ipv4/icmp_msgs_burst", "50")]).expect("sysctls");
    lab.load(&super::lines(rules)).expect("rules");
    lab.answers = true;
    let fate = lab.send(packet).expect("sent");
    assert!(!fate.delivered);
    fate.left.into_iter().map(|(interface, bytes)| (assert_eq!(interface, "eth0"), bytes).1).collect()
}

const RESET: &str = "table ip t {
    chain i { type filter hook input priority 0; tcp dport 80 reject with tcp reset } }";

fn a_reset_answers_and_is_related_for_output() {
    let syn = tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN);
    let reset = answers(RESET, &syn);
    assert_eq!(reset.len(), 1);
    assert_eq!(reset[0][33], crate::packet::RST | crate::packet::ACK);
    let only = |states: &str| {
        format!("{RESET}\ntable ip u {{ chain o {{ type filter hook output priority 0; policy drop; ct state {states} accept }} }}")
    };
    assert!(answers(&only("established"), &syn).is_empty(), "a reset is not established");
    assert_eq!(answers(&only("related"), &syn).len(), 1, "a reset is related");
}

fn a_udp_packet_meets_port_unreachable() {
    let rules = "table ip t { chain f { type filter hook forward priority 0; udp dport 53 reject } }";
    let answers = answers(rules, &udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 53)));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0][20..22], [3, 3]);
}
