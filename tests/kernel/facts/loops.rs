//! Packets to the host itself.

use super::{Fact, Gone, Here};
use crate::harness::{Needs, Test, tests};
use crate::packet::{SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    loopback_runs_output_postrouting_prerouting_input_and_keeps_its_mark,
    notrack_survives_loopback,
    of_nat_loopback_sees_only_output_and_postrouting,
    a_drop_on_the_way_in_is_a_drop,
    chains_of_nat_without_conntrack_are_never_run,
];

const PATH: &str = "table inet t {
    chain o { type filter hook output priority 0; oifname \"lo\" counter meta mark set meta mark ^ 1 comment \"output\" }
    chain q { type filter hook postrouting priority 0; oifname \"lo\" meta mark 1 counter meta mark set 2 comment \"postrouting\" }
    chain p { type filter hook prerouting priority 0; iifname \"lo\" meta mark 2 counter meta mark set 3 comment \"prerouting\" }
    chain i { type filter hook input priority 0; iifname \"lo\" meta mark 3 counter comment \"input\" }
    chain f { type filter hook forward priority 0; counter comment \"forward\" } }";

fn loopback_runs_output_postrouting_prerouting_input_and_keeps_its_mark() {
    Fact {
        rules: PATH,
        packets: vec![
            (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 80), SYN), Here),
            (tcp(None, "::1", "::1", (2000, 80), SYN), Here),
            (udp(None, "10.1.0.1", "10.1.0.1", (2000, 80)), Here),
            (udp(None, "10.1.0.1", "10.2.0.1", (2000, 80)), Here),
            (udp(None, "fd00:1::1", "fd00:2::1", (2000, 80)), Here),
        ],
        counters: &[("output", 5), ("postrouting", 5), ("prerouting", 5), ("input", 5), ("forward", 0)],
        ..Fact::default()
    }
    .check();
}

fn notrack_survives_loopback() {
    Fact {
        rules: "table inet t {
            chain o { type filter hook output priority -300; udp dport 53 notrack }
            chain i { type filter hook input priority 0; ct state untracked counter comment \"untracked\"
                ct state new counter comment \"new\" } }",
        packets: vec![(udp(None, "127.0.0.1", "127.0.0.1", (2000, 53)), Here), (udp(None, "127.0.0.1", "127.0.0.1", (2000, 54)), Here)],
        counters: &[("untracked", 1), ("new", 1)],
        ..Fact::default()
    }
    .check();
}

fn of_nat_loopback_sees_only_output_and_postrouting() {
    Fact {
        rules: "table ip t {
            chain tracked { ct state new }
            chain o { type nat hook output priority -100; counter comment \"output\" }
            chain q { type nat hook postrouting priority 100; counter comment \"postrouting\" }
            chain p { type nat hook prerouting priority -100; counter comment \"prerouting\" }
            chain i { type nat hook input priority 100; counter comment \"input\" } }",
        packets: vec![(udp(None, "127.0.0.1", "127.0.0.1", (2000, 53)), Here)],
        counters: &[("output", 1), ("postrouting", 1), ("prerouting", 0), ("input", 0)],
        ..Fact::default()
    }
    .check();
}

fn a_drop_on_the_way_in_is_a_drop() {
    Fact {
        rules: "table inet t { chain p { type filter hook prerouting priority 0; iif \"lo\" tcp dport 80 counter drop comment \"p\" }
            chain i { type filter hook input priority 0; policy drop; iifname \"lo\" tcp dport 443 accept } }",
        packets: vec![
            (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 80), SYN), Gone),
            (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 443), SYN), Here),
            (tcp(None, "::1", "::1", (2000, 22), SYN), Gone),
        ],
        counters: &[("p", 1)],
        ..Fact::default()
    }
    .check();
}

fn chains_of_nat_without_conntrack_are_never_run() {
    Fact {
        rules: "table ip t {
            chain o { type nat hook output priority -100; counter drop comment \"output\" }
            chain p { type nat hook prerouting priority -100; policy drop; counter comment \"prerouting\" } }",
        packets: vec![
            (udp(None, "127.0.0.1", "127.0.0.1", (2000, 53)), Here),
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 53)), Here),
        ],
        counters: &[("output", 0), ("prerouting", 0)],
        ..Fact::default()
    }
    .check();
}
