//! Sets, maps and verdict maps.

use super::{End, Fact, Gone, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    a_verdict_map_breaks_off_where_it_has_no_element,
    a_catch_all_takes_what_no_element_takes,
    intervals_and_concatenations,
    a_map_without_the_key_breaks_off_and_changes_nothing,
    interface_names_and_wildcards,
    interfaces_that_are_not_there_yet_have_no_name,
    a_packet_finds_sets_as_those_before_it_left_them,
];

fn ports(expected: &[(u16, End)]) -> Vec<(Packet, End)> {
    expected.iter().map(|(port, end)| (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, *port), SYN), *end)).collect()
}

fn a_verdict_map_breaks_off_where_it_has_no_element() {
    Fact {
        rules: "table ip t {
            chain web { counter comment \"web\" }
            chain f { type filter hook forward priority 0; policy drop;
                tcp dport vmap { 22 : drop, 80 : jump web, 443 : accept, 81 : continue, 82 : return } counter comment \"after\"
                counter comment \"next\"
                tcp dport 80-85 accept } }",
        packets: ports(&[(22, Gone), (80, Out("eth1")), (443, Out("eth1")), (81, Out("eth1")), (82, Gone), (83, Out("eth1"))]),
        counters: &[("web", 1), ("next", 3)],
        ..Fact::default()
    }
    .check();
}

fn a_catch_all_takes_what_no_element_takes() {
    Fact {
        rules: "table ip t {
            map m { type inet_service : verdict; elements = { 80 : accept, * : drop } }
            map n { type ipv4_addr : mark; flags interval; elements = { 10.1.0.0/16 : 1, * : 2 } }
            chain f { type filter hook forward priority 0;
                meta mark set ip saddr map @n counter comment \"set\"
                meta mark 1 counter comment \"1\"
                tcp dport vmap @m } }",
        packets: ports(&[(80, Out("eth1")), (81, Gone)]),
        counters: &[("set", 2), ("1", 2)],
        ..Fact::default()
    }
    .check();
}

fn intervals_and_concatenations() {
    Fact {
        rules: "table ip t {
            set nets { type ipv4_addr; flags interval; elements = { 10.1.0.0/29, 10.2.0.0-10.2.0.6 } }
            set pairs { type ipv4_addr . inet_service; elements = { 10.1.0.7 . 80, 10.1.0.8 . 81 } }
            set spans { type ipv4_addr . inet_service; flags interval; elements = { 10.1.0.0/24 . 80-90, 10.1.0.7 . 100 } }
            chain f { type filter hook forward priority 0;
                ip saddr @nets counter comment \"nets\"
                ip daddr != @nets counter comment \"not nets\"
                ip saddr . tcp dport @pairs counter comment \"pairs\"
                ip saddr . tcp dport != @pairs counter comment \"not pairs\"
                ip saddr . tcp dport @spans counter comment \"spans\"
                ip saddr . ip daddr . tcp dport { 10.1.0.0/24 . 10.2.0.7 . 1-80 } counter comment \"anonymous\" } }",
        packets: ports(&[(80, Out("eth1")), (81, Out("eth1")), (100, Out("eth1")), (101, Out("eth1"))])
            .into_iter()
            .chain([(udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80)), Out("eth1"))])
            .collect(),
        counters: &[("nets", 5), ("not nets", 5), ("pairs", 1), ("not pairs", 3), ("spans", 3), ("anonymous", 1)],
        ..Fact::default()
    }
    .check();
}

fn a_map_without_the_key_breaks_off_and_changes_nothing() {
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            meta mark set 9
            counter meta mark set tcp dport map { 80 : 0x50, 443 : 0x1bb } counter comment \"map\"
            meta mark 0x50 counter comment \"80\"
            meta mark 9 counter comment \"unchanged\" } }",
        packets: ports(&[(80, Out("eth1")), (81, Out("eth1"))]),
        counters: &[("map", 2), ("80", 1), ("unchanged", 1)],
        ..Fact::default()
    }
    .check();
}

fn interface_names_and_wildcards() {
    Fact {
        rules: "table ip t {
            set ifs { type ifname; elements = { \"eth0\", \"lo\" } }
            chain f { type filter hook forward priority 0;
                iifname @ifs counter comment \"set\"
                iifname \"eth*\" counter comment \"star\"
                iifname \"et\" counter comment \"et\"
                oif \"eth1\" counter comment \"index\"
                iifname . oifname { \"eth0\" . \"eth1\" } counter comment \"pair\"
                iifname != { \"eth0\", \"lo\" } counter comment \"not\" } }",
        packets: ports(&[(80, Out("eth1"))]),
        counters: &[("set", 1), ("star", 1), ("et", 0), ("index", 1), ("pair", 1), ("not", 0)],
        ..Fact::default()
    }
    .check();
}

fn interfaces_that_are_not_there_yet_have_no_name() {
    Fact {
        rules: "table ip t { chain p { type filter hook prerouting priority 0;
                oifname != \"eth0\" counter comment \"not eth0\"
                oif 0 counter comment \"index 0\"
                oif != \"eth0\" counter comment \"index not eth0\"
                meta oiftype ether counter comment \"type\"
                meta oiftype != ether counter comment \"type not\" } }",
        packets: ports(&[(80, Out("eth1"))]),
        counters: &[("not eth0", 1), ("index not eth0", 1), ("type", 0), ("type not", 0)],
        ..Fact::default()
    }
    .check();
}

fn a_packet_finds_sets_as_those_before_it_left_them() {
    let from = |source: &str, port| (udp(Some("eth0"), source, "10.2.0.7", (2000, port)), Out("eth1"));
    Fact {
        rules: "table ip t {
            set seen { type ipv4_addr . inet_service; size 100; flags dynamic,timeout; timeout 1h; }
            set known { type ipv4_addr; size 100; flags dynamic; elements = { 10.1.0.9 } }
            chain f { type filter hook forward priority 0;
                ip saddr . udp dport @seen counter comment \"seen\"
                udp dport != 53 update @seen {ip saddr . udp dport} counter comment \"added\"
                ip saddr @known counter comment \"known\"
                udp dport 54 add @known {ip saddr}
                udp dport 55 delete @known {ip saddr} } }",
        packets: vec![
            from("10.1.0.7", 53),
            from("10.1.0.7", 53),
            from("10.1.0.7", 54),
            from("10.1.0.7", 54),
            from("10.1.0.9", 54),
            from("10.1.0.9", 55),
            from("10.1.0.9", 56),
        ],
        counters: &[("seen", 1), ("added", 5), ("known", 3)],
        ..Fact::default()
    }
    .check();
}
