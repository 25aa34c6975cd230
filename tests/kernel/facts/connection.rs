//! Connection state of first packets.

use super::{Fact, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{ACK, FIN, PSH, RST, SYN, URG, icmp, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    syn_and_a_bare_ack_are_new,
    other_flags_are_invalid,
    a_bare_ack_is_invalid_where_conntrack_is_strict,
    ece_and_cwr_do_not_change_the_state,
    udp_and_echo_requests_are_new_and_errors_about_nothing_invalid,
    neighbour_discovery_is_untracked,
    before_conntrack_every_packet_is_invalid,
    at_conntracks_own_priority_the_later_registered_runs_first,
    notrack_gives_untracked_and_only_before_conntrack,
    protocols_without_ports_are_new,
    notrack_also_takes_invalid_packets_late,
    sctp_without_a_chunk_is_invalid,
    gre_of_another_protocol_than_pptp_is_no_version_1,
    a_connection_over_lo_is_confirmed_when_it_comes_in,
];

const STATES: &str = "table inet t { chain input { type filter hook input priority 0;
    ct state new counter comment \"new\"
    ct state established counter comment \"established\"
    ct state related counter comment \"related\"
    ct state invalid counter comment \"invalid\"
    ct state untracked counter comment \"untracked\"
} }";

fn flags(flags: &[u8], version: u8) -> Vec<(crate::packet::Packet, super::End)> {
    let (from, to) = if version == 4 { ("10.1.0.7", "10.1.0.1") } else { ("fd00:1::7", "fd00:1::1") };
    flags.iter().zip(2000..).map(|(flags, port)| (tcp(Some("eth0"), from, to, (port, 80), *flags), Here)).collect()
}

const NEW: [u8; 7] = [SYN, SYN | PSH, SYN | URG, ACK, ACK | PSH, ACK | URG, ACK | PSH | URG];
const INVALID: [u8; 11] = [SYN | ACK, FIN, FIN | ACK, RST, RST | ACK, 0, URG, PSH, SYN | FIN, SYN | RST, FIN | PSH | URG];

fn syn_and_a_bare_ack_are_new() {
    Fact { rules: STATES, packets: flags(&NEW, 4), counters: &[("new", 7), ("invalid", 0)], ..Fact::default() }.check();
    Fact { rules: STATES, packets: flags(&NEW, 6), counters: &[("new", 7), ("invalid", 0)], ..Fact::default() }.check();
}

fn other_flags_are_invalid() {
    Fact { rules: STATES, packets: flags(&INVALID, 4), counters: &[("new", 0), ("invalid", 11)], ..Fact::default() }.check();
    Fact { rules: STATES, packets: flags(&INVALID, 6), counters: &[("new", 0), ("invalid", 11)], ..Fact::default() }.check();
}

fn a_bare_ack_is_invalid_where_conntrack_is_strict() {
    Fact {
        sysctls: &[("net/netfilter/nf_conntrack_tcp_loose", "0")],
        rules: STATES,
        packets: flags(&[SYN, ACK, ACK | PSH], 4),
        counters: &[("new", 1), ("invalid", 2)],
        ..Fact::default()
    }
    .check();
}

fn ece_and_cwr_do_not_change_the_state() {
    Fact {
        rules: STATES,
        packets: flags(&[SYN | 0xc0, ACK | 0x40, FIN | 0x80], 4),
        counters: &[("new", 2), ("invalid", 1)],
        ..Fact::default()
    }
    .check();
}

fn udp_and_echo_requests_are_new_and_errors_about_nothing_invalid() {
    Fact {
        rules: STATES,
        packets: vec![
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (53, 53)), Here),
            (icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 8, 0), Here),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 128, 0), Here),
            (icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 0, 0), Here),
            (icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 3, 1), Here),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 129, 0), Here),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 1, 4), Here),
        ],
        counters: &[("new", 3), ("invalid", 4), ("untracked", 0)],
        ..Fact::default()
    }
    .check();
}

fn neighbour_discovery_is_untracked() {
    Fact {
        rules: "table ip6 t { chain i { type filter hook input priority 0;
            ct state untracked counter comment \"untracked\"
            ct state new,established accept
            counter drop comment \"dropped\" } }",
        packets: vec![
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 135, 0), super::Gone),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 136, 0), super::Gone),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 128, 0), Here),
        ],
        counters: &[("untracked", 2), ("dropped", 2)],
        ..Fact::default()
    }
    .check();
}

fn before_conntrack_every_packet_is_invalid() {
    Fact {
        rules: "table ip t { chain early { type filter hook prerouting priority -201;
                ct state invalid counter comment \"early invalid\"
                ct state new counter comment \"early new\" }
            chain late { type filter hook prerouting priority -199; ct state new counter comment \"late new\" } }",
        packets: vec![(tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1"))],
        counters: &[("early invalid", 1), ("early new", 0), ("late new", 1)],
        ..Fact::default()
    }
    .check();
}

fn at_conntracks_own_priority_the_later_registered_runs_first() {
    Fact {
        rules: "table ip t { chain tie { type filter hook prerouting priority -200;
                ct state invalid counter comment \"invalid\"
                ct state new counter comment \"new\" } }",
        packets: vec![(tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1"))],
        counters: &[("invalid", 0), ("new", 1)],
        kernel_only: Some("another ruleset before may have registered conntrack earlier: nothing tells, so clearway leaves it open"),
        ..Fact::default()
    }
    .check();
}

fn notrack_gives_untracked_and_only_before_conntrack() {
    Fact {
        rules: "table inet t { chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack }
            chain late { type filter hook prerouting priority -150; tcp dport 443 notrack }
            chain f { type filter hook forward priority 0;
                ct state untracked counter comment \"untracked\"
                ct state new counter comment \"new\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 443), SYN), Out("eth1")),
            (tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80), FIN), Out("eth1")),
        ],
        counters: &[("untracked", 2), ("new", 1)],
        ..Fact::default()
    }
    .check();
}

fn protocols_without_ports_are_new() {
    use crate::packet::{Body, Packet};
    let other = |protocol| (Packet::new(Some("eth0"), "10.1.0.7", "10.1.0.1", Body::Other(protocol)), Here);
    Fact { rules: STATES, packets: vec![other(50), other(89), other(253)], counters: &[("new", 3)], ..Fact::default() }.check();
}

fn notrack_also_takes_invalid_packets_late() {
    Fact {
        rules: "table inet t { chain o { type filter hook prerouting priority -1; notrack }
            chain f { type filter hook forward priority 0;
                ct state untracked counter comment \"untracked\"
                ct state invalid counter comment \"invalid\"
                ct state new counter comment \"new\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 80), FIN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, 81), SYN), Out("eth1")),
        ],
        counters: &[("untracked", 1), ("invalid", 0), ("new", 1)],
        ..Fact::default()
    }
    .check();
}

fn sctp_without_a_chunk_is_invalid() {
    use crate::packet::{Body, Packet};
    let mut whole = Packet::new(Some("eth0"), "10.1.0.7", "10.1.0.1", Body::Other(132));
    whole.payload = vec![1; 12];
    Fact { rules: STATES, packets: vec![(whole, Here)], counters: &[("invalid", 1), ("new", 0)], ..Fact::default() }.check();
}

fn gre_of_another_protocol_than_pptp_is_no_version_1() {
    use crate::packet::{Body, Packet};
    let gre = |bytes: [u8; 8]| {
        let mut packet = Packet::new(Some("eth0"), "10.1.0.7", "10.1.0.1", Body::Other(47));
        packet.payload = bytes.into();
        (packet, Here)
    };
    let packets = vec![gre([0x30, 1, 0x88, 0x0b, 0, 0, 0, 0]), gre([0x30, 1, 8, 0, 0, 0, 0, 0]), gre([0, 0, 8, 0, 0, 0, 0, 0])];
    Fact { rules: STATES, packets, counters: &[("new", 2), ("invalid", 1)], ..Fact::default() }.check();
}

fn a_connection_over_lo_is_confirmed_when_it_comes_in() {
    Fact {
        rules: "table ip t {
            chain o { type filter hook output priority 0; ct status confirmed counter comment \"sent\" }
            chain p { type filter hook prerouting priority 0; ct status confirmed counter comment \"received\" } }",
        packets: vec![
            (udp(None, "127.0.0.1", "127.0.0.1", (2000, 53)), Here),
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 53)), Here),
        ],
        counters: &[("sent", 0), ("received", 1)],
        ..Fact::default()
    }
    .check();
}
