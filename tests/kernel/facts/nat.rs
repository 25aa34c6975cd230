//! Address translation.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{FIN, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    dnat_changes_what_routing_and_forward_see,
    nat_runs_at_its_own_priority_whatever_its_chains_say,
    the_first_chain_that_maps_ends_nat_and_accept_does_not,
    invalid_and_untracked_packets_are_not_translated,
    a_drop_policy_of_a_nat_chain_drops,
    redirect_leads_to_the_incoming_interface_and_to_loopback_on_output,
    source_nat_comes_after_filtering_in_postrouting,
    ipv6_is_translated_alike,
    a_rule_of_a_translation_map,
    what_stays_on_loopback_is_hidden_behind_an_address_of_another_interface,
    what_leaves_is_hidden_behind_the_address_in_the_network_of_its_next_hop,
    a_chain_at_the_priority_of_nat_that_came_after_it_runs_before_it,
    what_a_nat_chain_wrote_stays_where_the_connection_keeps_its_address,
    what_a_rule_wrote_before_nat_is_replaced_where_the_connection_is_translated,
    what_translation_writes_anew_on_loopback_is_routed_there,
];

fn dnat_changes_what_routing_and_forward_see() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook prerouting priority -100; tcp dport 80 counter dnat to 10.2.0.9:8080 comment \"dnat\" }
            chain f { type filter hook forward priority 0;
                ip daddr 10.2.0.9 tcp dport 8080 counter comment \"new\"
                ct status dnat counter comment \"status\"
                ct original ip daddr 10.1.0.1 counter comment \"original\" }
            chain i { type filter hook input priority 0; counter comment \"input\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 81), SYN), Here),
        ],
        counters: &[("dnat", 1), ("new", 1), ("status", 1), ("original", 1), ("input", 1)],
        ..Fact::default()
    }
    .check();
}

fn nat_runs_at_its_own_priority_whatever_its_chains_say() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook prerouting priority 50; tcp dport 80 dnat to 10.2.0.9 }
            chain before { type filter hook prerouting priority -101; ip daddr 10.1.0.1 counter comment \"before\" }
            chain after { type filter hook prerouting priority -99; ip daddr 10.2.0.9 counter comment \"after\" } }",
        packets: vec![(tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Out("eth1"))],
        counters: &[("before", 1), ("after", 1)],
        ..Fact::default()
    }
    .check();
}

fn the_first_chain_that_maps_ends_nat_and_accept_does_not() {
    Fact {
        rules: "table ip t {
            chain a { type nat hook prerouting priority -110; counter accept comment \"a\" }
            chain b { type nat hook prerouting priority -100; counter dnat to 10.2.0.9 comment \"b\" }
            chain c { type nat hook prerouting priority -90; counter dnat to 10.2.0.10 comment \"c\" }
            chain f { type filter hook forward priority 0; ip daddr 10.2.0.9 counter comment \"f\" } }",
        packets: vec![(udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80)), Out("eth1"))],
        counters: &[("a", 1), ("b", 1), ("c", 0), ("f", 1)],
        ..Fact::default()
    }
    .check();
}

fn invalid_and_untracked_packets_are_not_translated() {
    Fact {
        rules: "table ip t {
            chain r { type filter hook prerouting priority -300; tcp dport 81 notrack }
            chain n { type nat hook prerouting priority -100; counter dnat to 10.2.0.9 comment \"n\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), FIN), Here),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 81), SYN), Here),
        ],
        counters: &[("n", 0)],
        ..Fact::default()
    }
    .check();
}

fn a_drop_policy_of_a_nat_chain_drops() {
    Fact {
        rules: "table ip t { chain n { type nat hook prerouting priority -100; policy drop; tcp dport 80 accept }
            chain i { type filter hook input priority 0; ct state new counter } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Here),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 81), SYN), Gone),
        ],
        ..Fact::default()
    }
    .check();
}

fn redirect_leads_to_the_incoming_interface_and_to_loopback_on_output() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080 }
            chain o { type nat hook output priority -100; tcp dport 80 redirect to :8080 }
            chain i { type filter hook input priority 0;
                ip daddr 10.1.0.1 tcp dport 8080 counter comment \"in\"
                ip daddr 127.0.0.1 tcp dport 8080 iif \"lo\" counter comment \"lo\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Here),
            (tcp(None, "10.1.0.1", "10.2.0.7", (2000, 80), SYN), Here),
        ],
        counters: &[("in", 1), ("lo", 1)],
        ..Fact::default()
    }
    .check();
}

fn source_nat_comes_after_filtering_in_postrouting() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook postrouting priority 100; oifname \"eth1\" tcp dport 80 counter masquerade comment \"masquerade\"
                udp dport 53 counter snat to 192.0.2.1 comment \"snat\" }
            chain before { type filter hook postrouting priority 99; ip saddr 10.1.0.7 counter comment \"before\" }
            chain after { type filter hook postrouting priority 101;
                ip saddr 10.2.0.1 counter comment \"masqueraded\"
                ip saddr 192.0.2.1 counter comment \"translated\"
                ct status snat counter comment \"status\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1")),
            (udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 53)), Out("eth1")),
        ],
        counters: &[("masquerade", 1), ("snat", 1), ("before", 2), ("masqueraded", 1), ("translated", 1), ("status", 2)],
        ..Fact::default()
    }
    .check();
}

fn ipv6_is_translated_alike() {
    Fact {
        rules: "table ip6 t {
            chain n { type nat hook prerouting priority -100; tcp dport 80 counter dnat to [fd00:2::9]:8080 comment \"dnat\" }
            chain p { type nat hook postrouting priority 100; counter masquerade comment \"masquerade\" }
            chain f { type filter hook forward priority 0; ip6 daddr fd00:2::9 tcp dport 8080 counter comment \"f\" }
            chain a { type filter hook postrouting priority 101; ip6 saddr fd00:2::1 counter comment \"after\" } }",
        packets: vec![(tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 80), SYN), Out("eth1"))],
        counters: &[("dnat", 1), ("masquerade", 1), ("f", 1), ("after", 1)],
        ..Fact::default()
    }
    .check();
}

fn a_rule_of_a_translation_map() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook prerouting priority -100; dnat to tcp dport map { 80 : 10.2.0.9, 443 : 10.2.0.10 } }
            chain f { type filter hook forward priority 0;
                ip daddr 10.2.0.9 counter comment \"9\"
                ip daddr 10.2.0.10 counter comment \"10\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 443), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 22), SYN), Here),
        ],
        counters: &[("9", 1), ("10", 1)],
        ..Fact::default()
    }
    .check();
}

/// The addresses of lo are good for this host only; IPv6 prefers the address that is sent to.
fn what_stays_on_loopback_is_hidden_behind_an_address_of_another_interface() {
    Fact {
        rules: "table inet t {
            chain n { type nat hook postrouting priority 100; oifname \"lo\" masquerade }
            chain p { type filter hook prerouting priority -300;
                ip saddr 10.1.0.1 counter comment \"first address\"
                ip6 saddr fd00:2::1 counter comment \"the same\"
                ip6 saddr ::1 counter comment \"loopback\" } }",
        packets: vec![
            (udp(None, "127.0.0.1", "127.0.0.1", (2000, 53)), Here),
            (udp(None, "10.2.0.1", "10.2.0.1", (2001, 53)), Here),
            (udp(None, "fd00:1::1", "fd00:2::1", (2000, 53)), Here),
            (udp(None, "::1", "::1", (2000, 53)), Here),
        ],
        counters: &[("first address", 2), ("the same", 1), ("loopback", 1)],
        ..Fact::default()
    }
    .check();
}

fn what_leaves_is_hidden_behind_the_address_in_the_network_of_its_next_hop() {
    Fact {
        network: "addr add 10.5.0.1/24 dev eth1\nroute add 10.6.0.0/24 via 10.5.0.9 dev eth1\n",
        rules: "table ip t {
            chain n { type nat hook postrouting priority 100; masquerade }
            chain a { type filter hook postrouting priority 101;
                ip saddr 10.2.0.1 counter comment \"first\"
                ip saddr 10.5.0.1 counter comment \"second\" } }",
        packets: vec![
            (udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 53)), Out("eth1")),
            (udp(Some("eth0"), "10.1.0.7", "10.5.0.7", (2000, 53)), Out("eth1")),
            (udp(Some("eth0"), "10.1.0.7", "10.6.0.7", (2000, 53)), Out("eth1")),
            (udp(Some("eth0"), "10.1.0.7", "198.51.100.7", (2000, 53)), Out("eth1")),
        ],
        counters: &[("first", 2), ("second", 2)],
        ..Fact::default()
    }
    .check();
}

fn a_chain_at_the_priority_of_nat_that_came_after_it_runs_before_it() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook prerouting priority -100; dnat to 10.2.0.9 }
            chain f { type filter hook prerouting priority -100; ip daddr 10.1.0.1 counter comment \"before\" } }",
        packets: vec![(tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Out("eth1"))],
        counters: &[("before", 1)],
        ..Fact::default()
    }
    .check();
}

/// `nf_nat_packet` writes packets of connections that `nf_nat_setup_info` found changed; it compares with the connection, not with the packet.
fn what_a_nat_chain_wrote_stays_where_the_connection_keeps_its_address() {
    Fact {
        rules: "table ip t {
            chain w { type nat hook prerouting priority -110; tcp dport 80 ip daddr set 10.2.0.9 }
            chain n { type nat hook prerouting priority -100; redirect }
            chain f { type filter hook forward priority 0; ip daddr 10.2.0.9 counter comment \"forward\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.9", (2000, 81), SYN), Here),
        ],
        counters: &[("forward", 1)],
        ..Fact::default()
    }
    .check();
}

/// `nf_nat_manip_pkt` writes the address and the port, where there is one, of the connection.
fn what_a_rule_wrote_before_nat_is_replaced_where_the_connection_is_translated() {
    Fact {
        rules: "table ip t {
            chain w { type filter hook prerouting priority -150; udp dport set 90; ip daddr set 10.2.0.77 }
            chain n { type nat hook prerouting priority -100; ip saddr 10.1.0.7 dnat to 10.2.0.9 }
            chain f { type filter hook forward priority 0;
                ip daddr 10.2.0.9 udp dport 80 counter comment \"connection\"
                ip daddr 10.2.0.77 udp dport 90 counter comment \"written\" } }",
        packets: vec![
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80)), Out("eth1")),
            (udp(Some("eth0"), "10.1.0.8", "10.1.0.1", (2000, 80)), Out("eth1")),
        ],
        counters: &[("connection", 1), ("written", 1)],
        ..Fact::default()
    }
    .check();
}

/// What was written behind the translation is written back when the packet comes in by lo. Then it has no route any more, and 127.0.0.1 is no
/// destination for what needs one.
fn what_translation_writes_anew_on_loopback_is_routed_there() {
    let to_itself = |port| tcp(None, "10.1.0.1", "10.1.0.1", (2000, port), SYN);
    Fact {
        rules: "table ip t {
            chain n { type nat hook output priority -100; tcp dport 80 redirect comment \"redirect\" }
            chain w { type filter hook postrouting priority 300; ip daddr set 10.2.0.1 comment \"written\" }
            chain p { type filter hook prerouting priority 0; iif lo ip daddr 127.0.0.1 counter comment \"back\"
                iif lo ip daddr 10.2.0.1 counter comment \"stays\" }
            chain i { type filter hook input priority 0; counter comment \"input\" } }",
        packets: vec![(to_itself(80), Gone), (to_itself(81), Here)],
        counters: &[("back", 1), ("stays", 1), ("input", 1)],
        ..Fact::default()
    }
    .check();
}
