//! `-m tcp`.

use super::case::{case, check};
use crate::harness::{Needs, Test, tests};
use crate::lab::iptables::Backend;
use crate::packet::{ACK, Body, FIN, Packet, SYN, tcp, udp};

pub const TESTS: &[Test] = tests![Needs::Namespaces; ports_and_flags, too_short_for_a_header];

fn to(port: u16, flags: u8) -> [Packet; 2] {
    [tcp(Some("eth0"), "10.1.0.7", "10.2.0.7", (2000, port), flags), tcp(Some("eth0"), "fd00:1::7", "fd00:2::7", (2000, port), flags)]
}

fn ports_and_flags() {
    check([
        case("-p tcp -m tcp --dport 80:90", [to(80, SYN), to(90, SYN)].concat(), [to(79, SYN), to(91, SYN)].concat()),
        case("-p tcp -m tcp ! --dport 80", to(79, SYN), to(80, SYN)),
        case("-p tcp -m tcp --tcp-flags SYN,ACK SYN", to(1, SYN | FIN), to(1, SYN | ACK)),
        case("-m mark --mark 0x7 -p udp", [], [udp(None, "10.1.0.1", "10.2.0.7", (1, 1))]),
    ]);
}

fn too_short_for_a_header() {
    let mut short = to(1, SYN);
    for packet in &mut short {
        packet.body = Body::Other(6);
        packet.payload = vec![0; 16];
    }
    check([
        case("-p tcp -m tcp ! --dport 80", [], []).hotdrops(short.clone()).only(Backend::Legacy),
        // iptables-nft makes expressions of its own of it, which read what there is.
        case("-p tcp -m tcp ! --dport 80", short, []).only(Backend::Nft),
    ]);
}
