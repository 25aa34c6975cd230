//! Packets of this host whose route is asked again on the way.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    a_translated_packet_without_a_route_sees_no_later_chain,
    the_route_is_the_new_one_at_once,
    what_is_written_anew_with_the_same_value_asks_for_no_route,
    the_type_of_service_asks_for_a_route_in_ipv6_too,
];

fn a_translated_packet_without_a_route_sees_no_later_chain() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook output priority -100; tcp dport 80 counter dnat to 8.8.8.8 comment \"dnat\" }
            chain o { type filter hook output priority 0; counter comment \"later\" } }",
        packets: vec![
            (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 80), SYN), Gone),
            (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 81), SYN), Here),
        ],
        counters: &[("dnat", 1), ("later", 1)],
        ..Fact::default()
    }
    .check();
}

fn the_route_is_the_new_one_at_once() {
    Fact {
        rules: "table ip t {
            chain n { type nat hook output priority -100; redirect }
            chain o { type filter hook output priority 0;
                rt ip nexthop 10.2.0.254 counter comment \"gateway\"
                rt ip nexthop 127.0.0.1 counter comment \"itself\"
                oifname \"eth1\" counter comment \"old interface\" } }",
        packets: vec![(tcp(None, "192.0.2.1", "198.51.100.130", (2000, 80), SYN), Here)],
        counters: &[("gateway", 0), ("itself", 1), ("old interface", 1)],
        ..Fact::default()
    }
    .check();
}

/// Another chain changed the destination, which asks for no route; now a route chain sets the mark that the packet has, or another.
fn what_is_written_anew_with_the_same_value_asks_for_no_route() {
    let marked = |mark| Packet { mark, ..udp(None, "10.1.0.1", "10.1.0.7", (2000, 53)) };
    Fact {
        rules: "table ip t {
            chain f { type filter hook output priority -201; ip daddr set 10.2.0.7 }
            chain r { type route hook output priority 0; meta mark set 0 } }",
        packets: vec![(marked(0), Out("eth0")), (marked(1), Out("eth1"))],
        ..Fact::default()
    }
    .check();
}

fn the_type_of_service_asks_for_a_route_in_ipv6_too() {
    let with = |dscp| Packet { dscp, ..udp(None, "fd00:1::1", "fd00:1::7", (2000, 53)) };
    Fact {
        rules: "table ip6 t {
            chain f { type filter hook output priority -201; ip6 daddr set fd00:2::7 }
            chain r { type route hook output priority 0; ip6 dscp set 8 } }",
        packets: vec![(with(8), Out("eth0")), (with(0), Out("eth1"))],
        ..Fact::default()
    }
    .check();
}
