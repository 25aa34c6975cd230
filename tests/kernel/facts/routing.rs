//! What routing does to packets, and what rules can ask of it.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    ttl_is_already_less_in_forward,
    hop_limit_is_already_less_in_forward,
    routes_that_lead_nowhere_drop_before_forward,
    what_the_host_sends_to_nowhere_meets_no_rule,
    forwarding_is_by_the_incoming_interface_in_ipv4,
    forwarding_is_by_all_in_ipv6,
    a_source_that_has_another_way_back_is_dropped_by_strict_rp_filter,
    martians_are_dropped_after_prerouting,
    fib_tells_the_type_of_an_address,
    fib_of_ipv6,
    fib_takes_what_comes_in_by_lo_for_fine,
    a_route_without_a_realm_has_realm_0,
    loopback_means_something_on_its_own_interface_only,
];

fn to(destination: &str) -> Packet {
    tcp(Some("eth0"), "10.1.0.7", destination, (2000, 80), SYN)
}

fn ttl_is_already_less_in_forward() {
    let with_ttl = |ttl, end| {
        let mut packet = to("10.2.0.7");
        packet.ttl = ttl;
        (packet, end)
    };
    Fact {
        rules: "table ip t {
            chain p { type filter hook prerouting priority 0; ip ttl 64 counter comment \"64\" }
            chain f { type filter hook forward priority 0; ip ttl 63 counter comment \"63\"
                counter comment \"all\" } }",
        packets: vec![with_ttl(64, Out("eth1")), with_ttl(2, Out("eth1")), with_ttl(1, Gone)],
        counters: &[("64", 1), ("63", 1), ("all", 2)],
        ..Fact::default()
    }
    .check();
}

/// In prerouting there is no route yet, so a load of its realm breaks off.
fn a_route_without_a_realm_has_realm_0() {
    Fact {
        rules: "table inet t {
            chain p { type filter hook prerouting priority 0; meta rtclassid 0 counter comment \"early\"
                rt classid != 5 counter comment \"early, other\" }
            chain f { type filter hook forward priority 0; meta rtclassid 0 counter comment \"meta\"
                rt classid 0 counter comment \"rt\"
                meta rtclassid 5 counter comment \"other\" } }",
        packets: vec![(to("10.2.0.7"), Out("eth1")), (tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80), SYN), Out("eth1"))],
        counters: &[("early", 0), ("early, other", 0), ("meta", 2), ("rt", 2), ("other", 0)],
        ..Fact::default()
    }
    .check();
}

fn hop_limit_is_already_less_in_forward() {
    let with_hops = |hops, end| {
        let mut packet = tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80), SYN);
        packet.ttl = hops;
        (packet, end)
    };
    Fact {
        rules: "table ip6 t { chain f { type filter hook forward priority 0; ip6 hoplimit 63 counter comment \"63\"
            ip6 hoplimit 64 counter comment \"64\"
            counter comment \"all\" } }",
        packets: vec![with_hops(64, Out("eth1")), with_hops(2, Out("eth1")), with_hops(1, Gone)],
        counters: &[("63", 1), ("64", 0), ("all", 2)],
        ..Fact::default()
    }
    .check();
}

fn routes_that_lead_nowhere_drop_before_forward() {
    Fact {
        network: "route add blackhole 198.18.0.0/16\nroute add unreachable 198.19.0.0/16\nroute add prohibit 198.20.0.0/16\n",
        rules: "table ip t { chain p { type filter hook prerouting priority 0; counter comment \"p\" }
            chain f { type filter hook forward priority 0; counter comment \"f\" } }",
        packets: vec![(to("198.18.0.1"), Gone), (to("198.19.0.1"), Gone), (to("198.20.0.1"), Gone), (to("10.2.0.7"), Out("eth1"))],
        counters: &[("p", 4), ("f", 1)],
        ..Fact::default()
    }
    .check();
}

fn what_the_host_sends_to_nowhere_meets_no_rule() {
    Fact {
        network: "route add blackhole 198.18.0.0/16\nroute add prohibit 198.20.0.0/16\n",
        rules: "table ip t { chain o { type filter hook output priority 0; counter comment \"o\" } }",
        packets: vec![
            (udp(None, "10.1.0.1", "198.18.0.1", (2000, 80)), Gone),
            (udp(None, "10.1.0.1", "198.20.0.1", (2000, 80)), Gone),
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 80)), Out("eth1")),
        ],
        counters: &[("o", 1)],
        ..Fact::default()
    }
    .check();
}

fn forwarding_is_by_the_incoming_interface_in_ipv4() {
    Fact {
        sysctls: &[("net/ipv4/conf/eth0/forwarding", "0")],
        rules: "table ip t { chain f { type filter hook forward priority 0; counter comment \"f\" } }",
        packets: vec![
            (to("10.2.0.7"), Gone),
            (to("10.2.0.1"), Here),
            (tcp(Some("eth1"), "10.2.0.7", "10.1.0.7", (2000, 80), SYN), Out("eth0")),
        ],
        counters: &[("f", 1)],
        ..Fact::default()
    }
    .check();
}

fn forwarding_is_by_all_in_ipv6() {
    Fact {
        sysctls: &[("net/ipv6/conf/all/forwarding", "0"), ("net/ipv6/conf/eth0/forwarding", "1"), ("net/ipv6/conf/eth1/forwarding", "1")],
        rules: "table ip6 t { chain f { type filter hook forward priority 0; counter comment \"f\" } }",
        packets: vec![(tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80), SYN), Gone)],
        counters: &[("f", 0)],
        ..Fact::default()
    }
    .check();
}

fn a_source_that_has_another_way_back_is_dropped_by_strict_rp_filter() {
    Fact {
        sysctls: &[("net/ipv4/conf/all/rp_filter", "1")],
        rules: "table ip t { chain p { type filter hook prerouting priority 0; counter comment \"p\" }
            chain i { type filter hook input priority 0; counter comment \"i\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Here),
            (tcp(Some("eth0"), "10.2.0.7", "10.1.0.1", (2000, 80), SYN), Gone),
        ],
        counters: &[("p", 2), ("i", 1)],
        ..Fact::default()
    }
    .check();
}

fn martians_are_dropped_after_prerouting() {
    Fact {
        rules: "table ip t { chain p { type filter hook prerouting priority 0; counter comment \"p\" }
            chain i { type filter hook input priority 0; counter comment \"i\" } }",
        packets: vec![
            (tcp(Some("eth0"), "127.0.0.1", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "10.1.0.7", "127.0.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "10.1.0.1", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "10.2.0.1", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "0.0.0.0", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "255.255.255.255", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "224.0.0.1", "10.1.0.1", (2000, 80), SYN), Gone),
        ],
        counters: &[("p", 7), ("i", 0)],
        ..Fact::default()
    }
    .check();
}

fn fib_tells_the_type_of_an_address() {
    Fact {
        network: "route add blackhole 198.18.0.0/16\n",
        rules: "table ip t { chain p { type filter hook prerouting priority 0;
                fib daddr type local counter comment \"local\"
                fib daddr type unicast counter comment \"unicast\"
                fib daddr type broadcast counter comment \"broadcast\"
                fib daddr type blackhole counter comment \"blackhole\"
                fib saddr type local counter comment \"from local\"
                fib saddr . iif oif missing counter comment \"no way back\"
                fib saddr . iif oif exists counter comment \"way back\"
                fib daddr . iif type local counter comment \"local on iif\" } }",
        packets: vec![
            (to("10.1.0.1"), Here),
            (to("10.2.0.1"), Here),
            (to("10.2.0.7"), Out("eth1")),
            (to("10.1.0.255"), Here),
            (to("198.18.0.1"), Gone),
            (tcp(Some("eth0"), "10.2.0.7", "10.1.0.1", (2000, 80), SYN), Here),
        ],
        counters: &[
            ("local", 3),
            ("unicast", 2),
            ("broadcast", 1),
            ("blackhole", 0),
            ("from local", 0),
            ("no way back", 1),
            ("way back", 5),
            ("local on iif", 2),
        ],
        ..Fact::default()
    }
    .check();
}

fn fib_of_ipv6() {
    let to = |destination| tcp(Some("eth0"), "fd00:1::7", destination, (2000, 80), SYN);
    Fact {
        network: "route add blackhole 2001:db8:dead::/48\n",
        rules: "table ip6 t { chain p { type filter hook prerouting priority 0;
                fib daddr type local counter comment \"local\"
                fib daddr type unicast counter comment \"unicast\"
                fib daddr type blackhole counter comment \"blackhole\"
                fib saddr . iif oif missing counter comment \"no way back\" } }",
        packets: vec![
            (to("fd00:1::1"), Here),
            (to("fd00:2::1"), Here),
            (to("fd00:2::7"), Out("eth1")),
            (to("2001:db8:dead::1"), Gone),
            (tcp(Some("eth0"), "fd00:2::7", "fd00:1::1", (2000, 80), SYN), Here),
        ],
        counters: &[("local", 3), ("unicast", 1), ("blackhole", 1), ("no way back", 1)],
        ..Fact::default()
    }
    .check();
}

fn fib_takes_what_comes_in_by_lo_for_fine() {
    Fact {
        rules: "table inet t {
            chain p { type filter hook prerouting priority 0; fib saddr . iif oif exists counter comment \"prerouting\" }
            chain i { type filter hook input priority 0; fib saddr . iif oif exists counter comment \"input\" } }",
        packets: vec![(udp(None, "127.0.0.1", "127.0.0.1", (2000, 80)), Here), (udp(None, "::1", "::1", (2000, 80)), Here)],
        counters: &[("prerouting", 2), ("input", 2)],
        ..Fact::default()
    }
    .check();
}

/// `rt6_need_strict`: what came in by eth0 for ::1 leaves by eth0's default route.
fn loopback_means_something_on_its_own_interface_only() {
    Fact {
        rules: "table ip6 t { chain p { type filter hook prerouting priority 0; tcp dport 80 ip6 daddr set ::1 } }",
        packets: vec![
            (tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 80), SYN), Out("eth0")),
            (tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 81), SYN), Here),
        ],
        ..Fact::default()
    }
    .check();
}
