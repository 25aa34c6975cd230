//! Loads that have nothing to read, and where a counter stands.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{Body, Fragment, Packet, SYN, icmp, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    a_counter_counts_what_reaches_it,
    a_load_without_a_header_breaks_off_also_for_not,
    payload_bytes_are_read_where_there_are_any,
    short_loads_read_the_payload_of_later_fragments_and_others_break_off,
    with_conntrack_fragments_wait_for_the_rest,
    fragments_that_are_exempt_before_do_not_wait,
    icmp_type_and_code,
    masks_that_are_no_prefix,
    the_fragment_header_stands_in_the_place_of_the_transport_header,
    ports_of_later_fragments_are_read_but_not_written,
];

fn a_counter_counts_what_reaches_it() {
    Fact {
        rules: "table inet t { chain i { type filter hook input priority 0;
            counter tcp dport 80 drop comment \"before\"
            tcp dport 80 counter comment \"after\"
            meta l4proto udp counter udp dport 53 counter comment \"between\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 80), SYN), Gone),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 81), SYN), Here),
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 54)), Here),
        ],
        counters: &[("before", 3), ("after", 0), ("between", 1)],
        ..Fact::default()
    }
    .check();
}

fn a_load_without_a_header_breaks_off_also_for_not() {
    Fact {
        rules: "table inet t { chain i { type filter hook input priority 0;
            tcp dport != 80 counter comment \"tcp\"
            @th,160,32 != 0x01020304 counter comment \"beyond\"
            @th,16,16 != 80 counter comment \"any\"
            ip saddr != 1.2.3.4 counter comment \"ip\" } }",
        packets: vec![
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 54)), Here),
            (tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, 54), SYN), Here),
            (tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 54), SYN), Here),
            (Packet::new(Some("eth0"), "10.1.0.7", "10.1.0.1", Body::Other(50)), Here),
        ],
        counters: &[("tcp", 2), ("beyond", 0), ("any", 3), ("ip", 3)],
        ..Fact::default()
    }
    .check();
}

fn payload_bytes_are_read_where_there_are_any() {
    let with = |payload: &[u8], port| {
        let mut packet = udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (port, 53));
        packet.payload = payload.to_vec();
        (packet, Here)
    };
    Fact {
        rules: "table ip t { chain i { type filter hook input priority 0;
            udp dport 53 @th,64,16 0x4142 counter comment \"AB\"
            udp dport 53 @th,72,8 != 0x42 counter comment \"not B\"
            udp length 10 counter comment \"two bytes\" } }",
        packets: vec![with(b"AB", 1), with(b"AC", 2), with(b"A", 3), with(b"", 4)],
        counters: &[("AB", 1), ("not B", 1), ("two bytes", 2)],
        ..Fact::default()
    }
    .check();
}

fn fragment(offset: u16, more: bool, protocol_body: Body) -> Packet {
    let mut packet = Packet::new(Some("eth0"), "10.1.0.7", "10.2.0.7", protocol_body);
    packet.fragment = Fragment { offset, more };
    packet.payload = vec![0x50; 16];
    packet
}

/// `nft_payload_fast_eval`, for aligned loads of 1, 2 or 4 bytes, does not ask for the fragment offset; `nft_payload_eval` does.
fn short_loads_read_the_payload_of_later_fragments_and_others_break_off() {
    let body = Body::Udp { source: 0x5050, destination: 0x5050 };
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            meta l4proto udp counter comment \"udp\"
            udp dport 0x5050 counter comment \"port\"
            udp dport 0x5051 counter comment \"other port\"
            udp dport != 1 counter comment \"not 1\"
            @th,0,32 0x50505050 counter comment \"both\"
            @th,0,48 != 0 counter comment \"long\"
            @th,8,16 0x5050 counter comment \"unaligned\"
            ip frag-off & 0x1fff != 0 counter comment \"later\"
            ip frag-off & 0x2000 != 0 counter comment \"more\" } }",
        packets: vec![
            (fragment(0, true, body.clone()), Out("eth1")),
            (fragment(3, true, body.clone()), Out("eth1")),
            (fragment(6, false, body), Out("eth1")),
        ],
        counters: &[
            ("udp", 3),
            ("port", 3),
            ("other port", 0),
            ("not 1", 3),
            ("both", 3),
            ("long", 1),
            ("unaligned", 1),
            ("later", 2),
            ("more", 2),
        ],
        ..Fact::default()
    }
    .check();
}

fn with_conntrack_fragments_wait_for_the_rest() {
    let body = Body::Udp { source: 0x5050, destination: 0x5050 };
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0; ct state new counter comment \"f\" }
            chain p { type filter hook prerouting priority -450; counter comment \"p\" } }",
        packets: vec![(fragment(3, true, body), Gone)],
        counters: &[("f", 0), ("p", 1)],
        ..Fact::default()
    }
    .check();
}

/// `ipv4_conntrack_defrag`: only what conntrack is to see waits.
fn fragments_that_are_exempt_before_do_not_wait() {
    let body = Body::Udp { source: 0x5050, destination: 0x5050 };
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0; ct state untracked counter comment \"f\" }
            chain p { type filter hook prerouting priority -450; counter notrack comment \"p\" } }",
        packets: vec![(fragment(3, true, body), Out("eth1"))],
        counters: &[("f", 1), ("p", 1)],
        ..Fact::default()
    }
    .check();
}

fn icmp_type_and_code() {
    Fact {
        rules: "table inet t { chain i { type filter hook input priority 0;
            icmp type echo-request counter comment \"echo\"
            icmp type destination-unreachable icmp code 3 counter comment \"port\"
            icmp type != echo-request counter comment \"no echo\"
            icmpv6 type echo-request counter comment \"echo6\" } }",
        packets: vec![
            (icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 8, 0), Here),
            (icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 3, 3), Here),
            (icmp(Some("eth0"), "fd00:1::7", "fd00:1::1", 128, 0), Here),
            (udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (0x0800, 1)), Here),
        ],
        counters: &[("echo", 1), ("port", 1), ("no echo", 1), ("echo6", 1)],
        ..Fact::default()
    }
    .check();
}

fn masks_that_are_no_prefix() {
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            ip saddr & 0.0.0.255 == 0.0.0.7 counter comment \"7\"
            ip saddr & 255.0.0.1 == 10.0.0.0 counter comment \"even\"
            tcp dport & 0xff == 0x50 counter comment \"80\"
            tcp flags & (syn | ack) == syn counter comment \"syn\"
            @nh,152,8 & 0x7 == 1 counter comment \"raw\" } }",
        packets: vec![
            (tcp(Some("eth0"), "10.1.0.7", "10.2.0.9", (2000, 80), SYN), Out("eth1")),
            (tcp(Some("eth0"), "10.1.0.8", "10.2.0.8", (2000, 336), SYN | 16), Out("eth1")),
        ],
        counters: &[("7", 1), ("even", 1), ("80", 2), ("syn", 1), ("raw", 1)],
        ..Fact::default()
    }
    .check();
}

/// And in a later fragment the kernel takes the network header for the transport header where it does not look (`nft_payload_fast_eval`).
fn the_fragment_header_stands_in_the_place_of_the_transport_header() {
    let part = |offset, more, flow_label| {
        let mut packet = udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 53));
        packet.fragment = Fragment { offset, more };
        packet.flow_label = flow_label;
        packet.payload = vec![0x12; 16];
        (packet, Out("eth1"))
    };
    Fact {
        rules: "table ip6 t { chain f { type filter hook forward priority 0;
            ip6 nexthdr 44 counter comment \"fragment\"
            ip6 nexthdr udp counter comment \"udp\"
            @nh,320,8 17 counter comment \"its next header\"
            @nh,336,16 > 0 counter comment \"its place\"
            @nh,384,16 2000 counter comment \"behind it\"
            udp dport 53 counter comment \"port\"
            @th,16,16 77 counter comment \"label\"
            @th,0,16 0x6000 counter comment \"version\" } }",
        packets: vec![part(0, false, 77), part(0, true, 77), part(1, true, 77), part(2, false, 53)],
        counters: &[
            ("fragment", 3),
            ("udp", 1),
            ("its next header", 3),
            ("its place", 4),
            ("behind it", 1),
            ("port", 3),
            ("label", 1),
            ("version", 2),
        ],
        ..Fact::default()
    }
    .check();
}

/// `nft_payload_set_eval` looks whether there is a transport header where the fast load does not.
fn ports_of_later_fragments_are_read_but_not_written() {
    let mut packet = Packet::new(Some("eth0"), "10.1.0.7", "10.2.0.7", Body::Other(17));
    packet.fragment = Fragment { offset: 2, more: false };
    packet.payload = vec![0, 80, 0, 80, 0, 0, 0, 0];
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            meta l4proto udp udp dport 80 counter udp dport set 81 counter comment \"read\"
            udp dport 80 counter comment \"still\"
            udp dport 81 counter comment \"written\" } }",
        packets: vec![(packet, Out("eth1"))],
        counters: &[("read", 1), ("still", 1), ("written", 0)],
        ..Fact::default()
    }
    .check();
}
