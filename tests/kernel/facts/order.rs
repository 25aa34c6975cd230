//! The order of base chains, and how far a verdict reaches.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{SYN, tcp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    accept_ends_only_its_own_base_chain,
    of_equal_priority_the_later_registered_runs_first,
    of_equal_priority_in_one_table_the_later_runs_first,
    return_from_a_base_chain_means_its_policy,
    jump_comes_back_and_goto_does_not,
    goto_from_a_base_chain_ends_in_its_policy,
    ingress_comes_before_prerouting,
    inet_ingress_sees_packets_too,
    a_dormant_table_does_nothing,
];

fn forwarded(end: super::End) -> Vec<(crate::packet::Packet, super::End)> {
    vec![(tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), end)]
}

fn accept_ends_only_its_own_base_chain() {
    Fact {
        rules: "table ip a { chain f { type filter hook forward priority 0; counter accept comment \"a\"
                counter comment \"never\" } }
            table inet b { chain f { type filter hook forward priority 10; counter drop comment \"b\" } }
            table ip c { chain f { type filter hook forward priority 20; counter comment \"c\" } }",
        packets: forwarded(Gone),
        counters: &[("a", 1), ("never", 0), ("b", 1), ("c", 0)],
        ..Fact::default()
    }
    .check();
}

fn of_equal_priority_the_later_registered_runs_first() {
    Fact {
        rules: "table ip a { chain f { type filter hook forward priority 0; counter comment \"first\" } }
            table inet b { chain f { type filter hook forward priority 0; counter comment \"second\" } }
            table ip c { chain f { type filter hook forward priority 0; counter drop comment \"third\" } }",
        packets: forwarded(Gone),
        counters: &[("first", 0), ("second", 0), ("third", 1)],
        ..Fact::default()
    }
    .check();
}

fn of_equal_priority_in_one_table_the_later_runs_first() {
    Fact {
        rules: "table inet t { chain a { type filter hook forward priority 5; meta mark 1 counter comment \"a\" }
            chain b { type filter hook forward priority 5; meta mark set 1 } }",
        packets: forwarded(Out("eth1")),
        counters: &[("a", 1)],
        ..Fact::default()
    }
    .check();
}

fn return_from_a_base_chain_means_its_policy() {
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0; policy drop; counter return comment \"r\"
            counter accept comment \"never\" } }",
        packets: forwarded(Gone),
        counters: &[("r", 1), ("never", 0)],
        ..Fact::default()
    }
    .check();
}

fn jump_comes_back_and_goto_does_not() {
    Fact {
        rules: "table ip t {
            chain inner { counter comment \"inner\" }
            chain outer { counter goto inner comment \"goto\"
                counter comment \"never\" }
            chain f { type filter hook forward priority 0; counter jump outer comment \"jump\"
                counter comment \"back\"
                counter goto outer comment \"last\"
                counter drop comment \"never either\" } }",
        packets: forwarded(Out("eth1")),
        counters: &[("jump", 1), ("goto", 2), ("inner", 2), ("never", 0), ("back", 1), ("last", 1), ("never either", 0)],
        ..Fact::default()
    }
    .check();
}

fn goto_from_a_base_chain_ends_in_its_policy() {
    Fact {
        rules: "table ip t { chain user { counter return comment \"user\" }
            chain f { type filter hook forward priority 0; policy drop; goto user } }",
        packets: forwarded(Gone),
        counters: &[("user", 1)],
        ..Fact::default()
    }
    .check();
}

fn ingress_comes_before_prerouting() {
    Fact {
        rules: "table netdev n { chain i { type filter hook ingress device \"eth0\" priority 0; meta mark set 7
                tcp dport 81 counter drop comment \"ingress\" } }
            table ip t { chain p { type filter hook prerouting priority -450; meta mark 7 counter comment \"marked\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 81), SYN), Gone),
            (tcp(Some("eth1"), "10.2.0.7", "10.1.0.7", (2000, 81), SYN), Out("eth0")),
        ],
        counters: &[("ingress", 1), ("marked", 1)],
        ..Fact::default()
    }
    .check();
}

fn inet_ingress_sees_packets_too() {
    Fact {
        rules: "table inet n { chain i { type filter hook ingress device \"eth0\" priority 0; ip saddr 10.1.0.7 counter drop comment \"ingress\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 80), SYN), Here),
        ],
        counters: &[("ingress", 1)],
        ..Fact::default()
    }
    .check();
}

fn a_dormant_table_does_nothing() {
    Fact {
        rules: "table ip t { flags dormant; chain f { type filter hook forward priority 0; policy drop; counter comment \"never\" } }",
        packets: forwarded(Out("eth1")),
        counters: &[("never", 0)],
        ..Fact::default()
    }
    .check();
}
