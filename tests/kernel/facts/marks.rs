//! Marks of packets and connections.

use super::{Fact, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{FIN, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    an_effect_before_a_test_that_fails_stands,
    bits_of_a_mark,
    without_a_connection_there_is_no_ct_mark,
    the_mark_of_the_sending_socket_is_seen,
    a_changed_mark_reroutes_in_a_route_chain_only,
    a_mark_set_in_prerouting_routes,
];

fn an_effect_before_a_test_that_fails_stands() {
    Fact {
        rules: "table inet t { chain a { type filter hook input priority 0;
            counter meta mark set 5 tcp dport 80 drop comment \"a\"
            meta mark 5 counter comment \"marked\" } }",
        packets: vec![(udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 53)), Here)],
        counters: &[("a", 1), ("marked", 1)],
        ..Fact::default()
    }
    .check();
}

fn bits_of_a_mark() {
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            meta mark set 0x1ff
            meta mark set meta mark & 0xff0f
            meta mark 0x10f counter comment \"and\"
            meta mark set meta mark | 0x1000
            meta mark 0x110f counter comment \"or\"
            meta mark set meta mark ^ 0xffffffff
            meta mark 0xffffeef0 counter comment \"xor\"
            meta mark & 0xff00 == 0xee00 counter comment \"mask\"
            meta mark & 0xf0 != 0xf0 counter comment \"not\"
            meta mark > 0xffff0000 counter comment \"greater\"
            ct mark set meta mark
            meta mark set 0
            meta mark set ct mark
            meta mark 0xffffeef0 counter comment \"restored\" } }",
        packets: vec![(tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1"))],
        counters: &[("and", 1), ("or", 1), ("xor", 1), ("mask", 1), ("not", 0), ("greater", 1), ("restored", 1)],
        ..Fact::default()
    }
    .check();
}

fn without_a_connection_there_is_no_ct_mark() {
    Fact {
        rules: "table ip t { chain i { type filter hook input priority 0;
            ct mark set 7 counter comment \"set\"
            ct mark 7 counter comment \"is 7\"
            ct mark 0 counter comment \"is 0\"
            ct mark != 7 counter comment \"is not 7\"
            meta mark set ct mark counter comment \"restored\"
            ct direction original counter comment \"original\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Here),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2001, 80), FIN), Here),
        ],
        counters: &[("set", 2), ("is 7", 1), ("is 0", 0), ("is not 7", 0), ("restored", 1), ("original", 1)],
        ..Fact::default()
    }
    .check();
}

fn the_mark_of_the_sending_socket_is_seen() {
    let marked = |mark| {
        let mut packet = udp(None, "10.1.0.1", "10.2.0.7", (2000, 53));
        packet.mark = mark;
        (packet, Out("eth1"))
    };
    Fact {
        rules: "table ip t { chain o { type filter hook output priority 0; meta mark 7 counter comment \"7\" } }",
        packets: vec![marked(7), marked(8)],
        counters: &[("7", 1)],
        ..Fact::default()
    }
    .check();
}

fn a_changed_mark_reroutes_in_a_route_chain_only() {
    let network = "rule add fwmark 1 lookup 100\nrule add fwmark 2 lookup 100\nroute add default dev eth0 table 100\n";
    Fact {
        network,
        rules: "table ip t {
            chain r { type route hook output priority -150; udp dport 1 meta mark set 1 }
            chain f { type filter hook output priority -140; udp dport 2 meta mark set 2 }
            chain p { type filter hook postrouting priority 0; oifname \"eth0\" counter comment \"eth0\"
                oifname \"eth1\" counter comment \"eth1\" } }",
        packets: vec![
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 1)), Out("eth0")),
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 2)), Out("eth1")),
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 3)), Out("eth1")),
        ],
        counters: &[("eth0", 1), ("eth1", 2)],
        ..Fact::default()
    }
    .check();
}

fn a_mark_set_in_prerouting_routes() {
    Fact {
        network: "rule add fwmark 1 lookup 100\nroute add default dev eth0 table 100\n",
        rules: "table ip t { chain p { type filter hook prerouting priority 0; tcp dport 80 meta mark set 1 } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth0")),
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 81), SYN), Out("eth1")),
        ],
        ..Fact::default()
    }
    .check();
}
