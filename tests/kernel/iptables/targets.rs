//! What targets do to packets: whole tables, of which rules of a later one see what an earlier one did, and the packets that leave.

use std::net::IpAddr;

use serde_json::Value;

use super::judge::{Judged, judge, texts};
use crate::compare::clearway::trace;
use crate::harness::{Needs, Test, tests};
use crate::lab::{
    Fate, Lab,
    iptables::{BACKENDS, Backend, VERSIONS, Version},
};
use crate::packet::{ACK, FIN, Packet, SYN, icmp, tcp, udp};

pub const TESTS: &[Test] = tests![
    Needs::Namespaces;
    marks_of_packets_and_connections,
    shifted_marks,
    header_fields_are_changed,
    congestion_bits,
    destinations_are_translated,
    sources_are_translated,
    networks_are_translated,
    prefixes_are_translated_without_connections,
    what_only_tells_or_copies,
    exempted_from_tracking,
    zones_and_templates,
    rejected,
    no_program_and_no_proxy_listens,
    segment_sizes,
];

/// Tables for IPv4, IPv6 or both, and packets; of other IP versions they are left out.
struct Tables {
    v4: &'static str,
    v6: &'static str,
    packets: Vec<Packet>,
}

/// Tables that both versions take.
fn both(text: &'static str, packets: impl IntoIterator<Item = Packet>) {
    Tables { v4: text, v6: text, packets: packets.into_iter().collect() }.check();
}

fn v4(text: &'static str, packets: impl IntoIterator<Item = Packet>) {
    Tables { v4: text, v6: "", packets: packets.into_iter().collect() }.check();
}

fn v6(text: &'static str, packets: impl IntoIterator<Item = Packet>) {
    Tables { v4: "", v6: text, packets: packets.into_iter().collect() }.check();
}

impl Tables {
    /// In both back ends: ends, counters, and what left, as clearway says.
    fn check(self) {
        for backend in BACKENDS {
            for version in VERSIONS {
                let text = if version == Version::V4 { self.v4 } else { self.v6 };
                let packets: Vec<Packet> =
                    self.packets.iter().filter(|packet| packet.destination.is_ipv4() == (version == Version::V4)).cloned().collect();
                if text.is_empty() || packets.is_empty() {
                    continue;
                }
                let mut lab = Lab::build().expect("a lab");
                backend.restore(version, text).unwrap_or_else(|error| panic!("{backend:?} {version:?}\n{text}\n{error}"));
                let (judged, complaints) = judged(&mut lab, backend, version, &packets);
                let complaints = complaints + &texts(&lab, backend, version);
                assert!(complaints.is_empty(), "{backend:?} {version:?}\n{text}\n{complaints}");
                for (fate, answer) in judged.fates.iter().zip(&judged.answers) {
                    assert!(!answer.open, "left open: {}", answer.line);
                    left_as_told(fate, &answer.line, text);
                }
            }
        }
    }
}

/// What the kernel does with packets, and clearway.
fn judged(lab: &mut Lab, backend: Backend, version: Version, packets: &[Packet]) -> (Judged, String) {
    let answers = trace(&lab.path(), packets).expect("clearway answers");
    judge(lab, backend, version, packets, answers)
}

/// A packet that left has the fields that clearway names.
fn left_as_told(fate: &Fate, line: &Value, text: &str) {
    let Some((_, bytes)) = fate.left.first() else { return };
    let told = |name: &str| line["packet"][name].as_u64();
    let (class, ttl, addresses, transport) = match bytes[0] >> 4 {
        4 => (bytes[1], bytes[8], (address::<4>(&bytes[12..]), address::<4>(&bytes[16..])), &bytes[20..]),
        _ => (bytes[0] << 4 | bytes[1] >> 4, bytes[7], (address::<16>(&bytes[8..]), address::<16>(&bytes[24..])), &bytes[40..]),
    };
    let port = |at: usize| u64::from(u16::from_be_bytes([transport[at], transport[at + 1]]));
    let mut seen =
        vec![("ttl", u64::from(ttl)), ("dscp", u64::from(class >> 2)), ("ecn", u64::from(class & 3)), ("length", bytes.len() as u64)];
    if matches!(line["packet"]["proto"].as_str(), Some("tcp" | "udp")) {
        seen.extend([("sport", port(0)), ("dport", port(2))]);
    }
    for (name, value) in seen {
        assert!(told(name).is_none_or(|told| told == value), "{text}\n{name} is {value} in the packet that left: {line}");
    }
    for (name, value) in [("src", addresses.0), ("dst", addresses.1)] {
        let told: Option<IpAddr> = line["packet"][name].as_str().and_then(|text| text.parse().ok());
        assert!(told.is_none_or(|told| told == value), "{text}\n{name} is {value} in the packet that left: {line}");
    }
}

fn address<const N: usize>(bytes: &[u8]) -> IpAddr
where
    IpAddr: From<[u8; N]>,
{
    let mut address = [0; N];
    address.copy_from_slice(&bytes[..N]);
    address.into()
}

/// Through the host, of both versions.
fn through(port: u16) -> [Packet; 2] {
    [tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, port), SYN), tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, port), SYN)]
}

/// To the host, of both versions.
fn here(port: u16, flags: u8) -> [Packet; 2] {
    [tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, port), flags), tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, port), flags)]
}

fn marks_of_packets_and_connections() {
    let text = "*mangle
-A PREROUTING -j MARK --set-xmark 0x12345678/0xffffffff
-A PREROUTING -p tcp -m tcp --dport 1 -j MARK --set-xmark 0x1/0xff
-A PREROUTING -p tcp -m tcp --dport 2 -j MARK --and-mark 0xff00
-A PREROUTING -p tcp -m tcp --dport 3 -j MARK --or-mark 0xff
-A PREROUTING -p tcp -m tcp --dport 4 -j MARK --xor-mark 0xffff0000
-A PREROUTING -j CONNMARK --save-mark
-A PREROUTING -j MARK --set-xmark 0x0/0xffffffff
-A PREROUTING -p tcp -m tcp --dport 5 -j CONNMARK --set-xmark 0xabc/0xfff
-A PREROUTING -p tcp -m tcp --dport 6 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xffff
-A PREROUTING -p tcp -m tcp ! --dport 6 -j CONNMARK --restore-mark
COMMIT
*filter
-A FORWARD -m mark --mark 0x12345601
-A FORWARD -m mark --mark 0x5600
-A FORWARD -m mark --mark 0x123456ff
-A FORWARD -m mark --mark 0xedcb5678
-A FORWARD -m mark --mark 0x12345abc
-A FORWARD -m mark --mark 0x5678
-A FORWARD -m mark --mark 0x12345678
COMMIT
";
    both(text, (1..8).flat_map(through));
    // Without a connection there is nothing to save or to restore.
    both(
        "*raw
-A PREROUTING -j NOTRACK
-A PREROUTING -j MARK --set-mark 7
COMMIT
*mangle
-A PREROUTING -j CONNMARK --save-mark
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
-A FORWARD -m mark --mark 7
COMMIT
",
        through(1),
    );
}

fn shifted_marks() {
    let text = "*mangle
-A PREROUTING -j MARK --set-xmark 0x80000103/0xffffffff
-A PREROUTING -p tcp -m tcp --dport 1 -j CONNMARK --save-mark --left-shift-mark 4
-A PREROUTING -p tcp -m tcp --dport 2 -j CONNMARK --save-mark --right-shift-mark 8
-A PREROUTING -p tcp -m tcp --dport 3 -j CONNMARK --set-mark 0x10 --left-shift-mark 1
-A PREROUTING -p tcp -m tcp --dport 4 -j CONNMARK --set-mark 0x10 --right-shift-mark 31
-A PREROUTING -j MARK --set-xmark 0x0/0xffffffff
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
-A FORWARD -m mark --mark 0x1030
-A FORWARD -m mark --mark 0x800001
-A FORWARD -m mark --mark 0x20
-A FORWARD -m mark --mark 0x0
COMMIT
";
    both(text, (1..5).flat_map(through));
}

fn header_fields_are_changed() {
    let text = |hops: &str, name: &str| {
        format!(
            "*mangle
-A PREROUTING -p tcp -m tcp --dport 1 -j DSCP --set-dscp 46
-A PREROUTING -p tcp -m tcp --dport 2 -j TOS --set-tos 0x1d/0xff
-A PREROUTING -p tcp -m tcp --dport 3 -j TOS --xor-tos 0xff
-A PREROUTING -p tcp -m tcp --dport 4 -j {name} --{hops}-set 9
-A PREROUTING -p tcp -m tcp --dport 5 -j {name} --{hops}-inc 250
-A PREROUTING -p tcp -m tcp --dport 6 -j {name} --{hops}-dec 7
-A POSTROUTING -p tcp -m tcp --dport 7 -j {name} --{hops}-dec 70
-A PREROUTING -p tcp -m tcp --dport 8 -j {name} --{hops}-dec 63
-A POSTROUTING -p tcp -m tcp --dport 9 -j CLASSIFY --set-class 1:2
COMMIT
"
        )
    };
    let packets = |version: usize| {
        (1..10).map(move |port| {
            let mut packet = through(port)[version].clone();
            (packet.dscp, packet.ecn) = (10, 1);
            packet
        })
    };
    v4(text("ttl", "TTL").leak(), packets(0));
    v6(text("hl", "HL").leak(), packets(1));
}

fn congestion_bits() {
    let text = "*mangle
-A PREROUTING -p tcp -m tcp --dport 1 -j ECN --ecn-tcp-remove
-A PREROUTING -p tcp -m tcp --dport 2 -j ECN --ecn-ip-ect 2
COMMIT
*filter
-A FORWARD -p tcp -m tcp --tcp-flags ALL SYN
COMMIT
";
    let mut packets = Vec::new();
    for port in 1..4 {
        let mut packet = tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, port), SYN | 0xc0);
        packet.ecn = 3;
        packets.push(packet);
    }
    v4(text, packets);
}

fn destinations_are_translated() {
    v4(
        "*nat
-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.2.0.9:8080
-A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.2.0.10
-A PREROUTING -p tcp -m tcp --dport 100:120 -j DNAT --to-destination 10.2.0.11:1000-1020/100
-A PREROUTING -p tcp -m tcp --dport 300:320 -j DNAT --to-destination 10.2.0.12:300-310
-A PREROUTING -p udp -j REDIRECT --to-ports 53
-A PREROUTING -p tcp -m tcp --dport 90 -j ACCEPT
COMMIT
*filter
-A FORWARD -d 10.2.0.9 -p tcp -m tcp --dport 8080
-A FORWARD -d 10.2.0.11 -p tcp -m tcp --dport 1005
-A INPUT -p udp -m udp --dport 53
COMMIT
",
        [80, 81, 90, 105, 120, 305].map(|port| tcp(Some("eth0"), "10.1.0.7", "10.1.0.1", (2000, port), SYN)).into_iter().chain([udp(
            Some("eth0"),
            "10.1.0.7",
            "10.2.0.7",
            (2000, 99),
        )]),
    );
    v6(
        "*nat
-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:2::9]:8080
-A PREROUTING -p udp -j REDIRECT
COMMIT
*filter
-A FORWARD -d fd00:2::9 -p tcp -m tcp --dport 8080
-A INPUT -p udp
COMMIT
",
        [
            tcp(Some("eth0"), "fd00:1::7", "fd00:1::1", (2000, 80), SYN),
            tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 81), SYN),
            udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 99)),
        ],
    );
}

fn sources_are_translated() {
    v4(
        "*nat
-A POSTROUTING -p tcp -m tcp --dport 80 -j SNAT --to-source 10.2.0.50:7000
-A POSTROUTING -p tcp -m tcp --dport 81 -j MASQUERADE
-A POSTROUTING -p tcp -m tcp --dport 82 -j MASQUERADE --to-ports 9000
-A POSTROUTING -p tcp -m tcp --dport 83 -j RETURN
COMMIT
",
        [80, 81, 82, 83].map(|port| tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, port), SYN)),
    );
    v6(
        "*nat
-A POSTROUTING -p tcp -m tcp --dport 80 -j SNAT --to-source fd00:2::50
-A POSTROUTING -p tcp -m tcp --dport 82 -j MASQUERADE --to-ports 9000
COMMIT
",
        [80, 82, 83].map(|port| tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, port), SYN)),
    );
}

fn networks_are_translated() {
    v4(
        "*nat
-A PREROUTING -d 10.99.0.0/16 -j NETMAP --to 10.2.0.0/16
-A POSTROUTING -s 10.1.0.0/16 -j NETMAP --to 172.16.0.0/20
COMMIT
",
        ["10.99.3.4", "10.2.0.7"].map(|to| tcp(Some("eth0"), "10.1.0.7", to, (2000, 80), SYN)),
    );
    v6(
        "*nat
-A PREROUTING -d fd00:99::/32 -j NETMAP --to fd00:2::/32
-A POSTROUTING -s fd00:1::/32 -j NETMAP --to fd00:5::/48
COMMIT
",
        ["fd00:99::7", "fd00:2::8"].map(|to| tcp(Some("eth0"), "fd00:1::7", to, (2000, 80), SYN)),
    );
}

fn prefixes_are_translated_without_connections() {
    // The word that makes up for the checksum is not told, nor asked for.
    v6(
        "*mangle
-A POSTROUTING -s fd00:1::/48 -j SNPT --src-pfx fd00:1::/48 --dst-pfx 2001:db8:77::/48
-A POSTROUTING -s 2001:db8:77::/48
COMMIT
",
        [tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, 80), SYN)],
    );
}

fn what_only_tells_or_copies() {
    both(
        "*mangle
-A PREROUTING -j LOG --log-prefix test
-A PREROUTING -j NFLOG --nflog-group 3
-A PREROUTING -j AUDIT --type accept
-A PREROUTING -p tcp -j IDLETIMER --timeout 600 --label test
-A PREROUTING -j RATEEST --rateest-name test --rateest-interval 250ms --rateest-ewmalog 500ms
-A POSTROUTING -p udp -j CHECKSUM --checksum-fill
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPOPTSTRIP --strip-options timestamp
COMMIT
*raw
-A PREROUTING -j TRACE
COMMIT
*filter
-A FORWARD
COMMIT
",
        through(1)
            .into_iter()
            .chain([udp(Some("eth0"), "10.1.0.7", "10.2.0.7", (1, 1)), udp(Some("eth0"), "fd00:1::7", "fd00:2::7", (1, 1))]),
    );
}

fn exempted_from_tracking() {
    both(
        "*raw
-A PREROUTING -p tcp -m tcp --dport 1 -j CT --notrack
-A PREROUTING -p tcp -m tcp --dport 2 -j NOTRACK
-A PREROUTING -p tcp -m tcp --dport 3 -j CT --ctevents new
-A PREROUTING -p tcp -m tcp --dport 3 -j NOTRACK
COMMIT
*mangle
-A PREROUTING -j CONNMARK --set-mark 9
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
-A FORWARD -m mark --mark 9
COMMIT
",
        (1..5).flat_map(through),
    );
}

fn zones_and_templates() {
    both(
        "*raw
-A PREROUTING -p tcp -m tcp --dport 1 -j CT --zone 7
-A PREROUTING -p tcp -m tcp --dport 2 -j CT --zone mark
-A PREROUTING -p tcp -m tcp --dport 3 -j CT --zone-reply 5
COMMIT
*mangle
-A PREROUTING -j CONNMARK --set-mark 9
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
-A FORWARD -m mark --mark 9
COMMIT
",
        (1..5).flat_map(through),
    );
}

fn rejected() {
    let four = ["icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable", "icmp-net-prohibited"];
    let four = [four.as_slice(), &["icmp-host-prohibited", "icmp-admin-prohibited", "tcp-reset"]].concat();
    let six = ["icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable", "icmp6-policy-fail"];
    let six = [six.as_slice(), &["icmp6-reject-route", "tcp-reset"]].concat();
    let lines = |kinds: &[&str]| -> &'static str {
        let lines: String = (1..).zip(kinds).fold(String::new(), |lines, (port, kind)| {
            format!("{lines}-A INPUT -p tcp -m tcp --dport {port} -j REJECT --reject-with {kind}\n")
        });
        format!("*filter\n{lines}-A INPUT -p icmp -j REJECT\nCOMMIT\n").leak()
    };
    let packets = (1..10).flat_map(|port| here(port, SYN)).chain([icmp(Some("eth0"), "10.1.0.7", "10.1.0.1", 8, 0)]);
    Tables { v4: lines(&four), v6: lines(&six), packets: packets.collect() }.check();
}

fn no_program_and_no_proxy_listens() {
    // What they leave open is not compared; counters of the rules before are.
    for text in [
        "*mangle\n-A PREROUTING -p tcp -m tcp --dport 1 -j NFQUEUE --queue-num 5\nCOMMIT\n",
        "*mangle\n-A PREROUTING -p tcp -m tcp --dport 1 -j NFQUEUE --queue-balance 5:9 --queue-bypass --queue-cpu-fanout\nCOMMIT\n",
        "*mangle\n-A PREROUTING -p tcp -m tcp --dport 1 -j TPROXY --on-port 3129 --tproxy-mark 0x1/0x1\nCOMMIT\n",
        "*filter\n-A INPUT -p tcp -m tcp --dport 1 -j SYNPROXY --mss 1460\nCOMMIT\n",
        "*mangle\n-A PREROUTING -j HMARK --hmark-tuple src,dst --hmark-mod 3 --hmark-rnd 1\nCOMMIT\n*filter\n-A INPUT -m mark --mark 1\nCOMMIT\n",
    ] {
        for backend in BACKENDS {
            let mut lab = Lab::build().expect("a lab");
            backend.restore(Version::V4, text).unwrap_or_else(|error| panic!("{backend:?}\n{text}\n{error}"));
            let packets = [here(1, SYN)[0].clone()];
            let (judged, complaints) = judged(&mut lab, backend, Version::V4, &packets);
            assert!(complaints.is_empty(), "{backend:?}\n{text}\n{complaints}");
            assert!(judged.answers[0].open, "{backend:?}\n{text}\n{}", judged.answers[0].line);
        }
    }
    // SYNPROXY lets through what is neither a SYN nor a bare ACK.
    for version in VERSIONS {
        let mut lab = Lab::build().expect("a lab");
        // It drops packets with wrong checksums.
        lab.answers = true;
        let text = "*filter\n-A INPUT -p tcp -j SYNPROXY --mss 1460\n-A INPUT -p tcp\nCOMMIT\n";
        BACKENDS[0].restore(version, text).expect("a rule of SYNPROXY");
        let packets = [here(1, FIN | ACK)[usize::from(version == Version::V6)].clone()];
        let (_, complaints) = judged(&mut lab, BACKENDS[0], version, &packets);
        assert!(complaints.is_empty(), "{complaints}");
    }
}

fn segment_sizes() {
    // A SYN without options gets one if it has no data.
    let mut packets = [through(1), through(2)].concat();
    for packet in &mut packets[2..] {
        packet.payload = vec![1; 8];
    }
    let arriving: Vec<_> = here(1, SYN).into_iter().chain(here(1, SYN | ACK)).collect();
    let text = "*mangle\n-A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1000\nCOMMIT\n*filter\n-A INPUT -m length --length 44\n-A INPUT -m length --length 64\n\
        -A FORWARD -m length --length 48\n-A FORWARD -m length --length 68\nCOMMIT\n";
    both(text, arriving);
    both(text, packets[2..].to_vec());
}
