//! Numbers that the kernel makes of what it finds.

use super::{Fact, Gone, Here, Out};
use crate::harness::{Needs, Test, tests};
use crate::packet::{Fragment, Packet, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    a_hash_with_a_seed_is_the_same_for_everyone,
    the_payload_length_has_bits,
    a_device_type_is_that_of_the_device_that_has_the_packet,
    a_header_changed_without_its_checksum_does_not_come_in_again,
    a_later_fragment_that_comes_in_by_a_device_has_the_flow_label_for_a_port,
    a_later_fragment_that_leaves_by_a_device_has_its_frame_for_ports,
];

fn from(source: &str, port: u16) -> (Packet, super::End) {
    (udp(Some("eth0"), source, "10.2.0.7", (port, 53)), Out("eth1"))
}

fn a_hash_with_a_seed_is_the_same_for_everyone() {
    Fact {
        rules: "table ip t { chain f { type filter hook forward priority 0;
            jhash ip saddr mod 4 seed 0xdeadbeef 0 counter comment \"0\"
            jhash ip saddr mod 4 seed 0xdeadbeef 1 counter comment \"1\"
            jhash ip saddr mod 4 seed 0xdeadbeef 2 counter comment \"2\"
            jhash ip saddr mod 4 seed 0xdeadbeef 3 counter comment \"3\"
            jhash ip saddr . ip daddr . udp sport . udp dport mod 1000 seed 7 offset 100 < 600 counter comment \"below\"
            meta mark set jhash ip saddr . udp sport mod 8 seed 1
            meta mark & 1 == 1 counter comment \"odd\" } }",
        packets: (1..17).map(|host| from(&format!("10.1.0.{}", 2 * host), 1000 + host)).collect(),
        ..Fact::default()
    }
    .check();
}

fn the_payload_length_has_bits() {
    let with = |payload| (Packet { payload: vec![0; payload], ..udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 53)) }, Out("eth1"));
    Fact {
        rules: "table ip6 t { chain f { type filter hook forward priority 0;
            ip6 length & 0x18 == 0x10 counter comment \"mask\"
            @nh,32,16 & 0x8 != 0 counter comment \"raw\"
            ip6 length 16 counter comment \"whole\" } }",
        packets: vec![with(0), with(8), with(10), with(24)],
        counters: &[("mask", 2), ("raw", 1), ("whole", 1)],
        ..Fact::default()
    }
    .check();
}

/// In egress and postrouting that is the one by which it leaves (`ip_output`); the incoming interface has no say in it.
fn a_device_type_is_that_of_the_device_that_has_the_packet() {
    Fact {
        rules: "table netdev n { chain e { type filter hook egress device \"eth1\" priority 0;
                meta iiftype ether counter comment \"egress\"
                iifname \"eth0\" counter comment \"by name\" } }
            table ip t { chain p { type filter hook postrouting priority 0; meta iiftype ether counter comment \"postrouting\"
                    meta iiftype loopback counter comment \"lo\" } }",
        packets: vec![from("10.1.0.7", 2000), (tcp(None, "127.0.0.1", "127.0.0.1", (2000, 80), crate::packet::SYN), Here)],
        counters: &[("egress", 1), ("by name", 0), ("postrouting", 1), ("lo", 1)],
        ..Fact::default()
    }
    .check();
}

/// nft updates the checksum for a field that it knows, not for a place in the header.
fn a_header_changed_without_its_checksum_does_not_come_in_again() {
    Fact {
        rules: "table ip t { chain p { type filter hook postrouting priority 0;
            udp dport 1 ip ttl set 10
            udp dport 2 @nh,64,8 set 10 } }",
        packets: vec![
            (udp(None, "127.0.0.1", "127.0.0.1", (2000, 1)), Here),
            (udp(None, "127.0.0.1", "127.0.0.1", (2000, 2)), Gone),
            (Packet { ttl: 10, ..udp(None, "127.0.0.1", "127.0.0.1", (2000, 2)) }, Here),
            (udp(None, "10.1.0.1", "10.2.0.7", (2000, 2)), Out("eth1")),
        ],
        ..Fact::default()
    }
    .check();
}

fn later_fragment() -> (Packet, super::End) {
    let fragment = Fragment { offset: 185, more: false };
    (Packet { fragment, flow_label: 0x12345, payload: vec![7; 16], ..udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80)) }, Out("eth1"))
}

/// `ipv6_find_hdr` finds no transport header, and `nft_payload_fast_eval` reads from where the packet begins.
fn a_later_fragment_that_comes_in_by_a_device_has_the_flow_label_for_a_port() {
    Fact {
        rules: "table netdev n { chain i { type filter hook ingress device \"eth0\" priority 0;
            udp dport 0x2345 counter comment \"label\"
            udp dport 80 counter comment \"port\" } }",
        packets: vec![later_fragment()],
        counters: &[("label", 1), ("port", 0)],
        ..Fact::default()
    }
    .check();
}

fn a_later_fragment_that_leaves_by_a_device_has_its_frame_for_ports() {
    Fact {
        network: "neigh add fd00:2::7 lladdr 02:00:12:34:00:12 dev eth1",
        rules: "table netdev n { chain e { type filter hook egress device \"eth1\" priority 0;
            udp dport 0x2345 counter comment \"label\"
            udp sport 0x0200 udp dport 0x1234 counter comment \"frame\" } }",
        packets: vec![later_fragment()],
        counters: &[("label", 0), ("frame", 1)],
        kernel_only: Some("the frame of the next hop is not known"),
        ..Fact::default()
    }
    .check();
}
