//! Matches of the network header and of the frame: `iprange`, `length`, `ttl`, `hl`, `mac`, `pkttype`.

use super::case::{case, check};
use super::packets::{datagram, sent, syn, v4, v6, with};
use crate::harness::{Needs, Test, tests};

pub const TESTS: &[Test] = tests![Needs::Namespaces; iprange, length, ttl, mac, pkttype];

fn iprange() {
    check([
        case("-m iprange --src-range 10.1.0.7-10.1.0.8", v4(syn(1)), v4(sent(1))),
        case("-m iprange ! --dst-range 10.2.0.1-10.2.0.6", v4(syn(1)), []),
        case("-m iprange --src-range 10.1.0.7 ! --dst-range 10.2.0.1-10.2.0.7", [], v4(syn(1))),
        case("-m iprange --dst-range fd00:2::1-fd00:2::7", v6(syn(1)), v6(with(syn(1), |packet| packet.destination = packet.source))),
        case("-m iprange ! --src-range fd00:1::-fd00:1::6", v6(syn(1)), []),
    ]);
}

fn length() {
    let long = || with(datagram(1), |packet| packet.payload = vec![0; 40]);
    check([
        case("-m length --length 28:48", datagram(1), long()),
        case("-m length ! --length 0:67", long(), datagram(1)),
        case("-m length --length 68", v4(long()), v4(datagram(1))),
        case("-m length --length 88", v6(long()), v6(datagram(1))),
    ]);
}

fn ttl() {
    let of = |ttl| with(syn(1), |packet| packet.ttl = ttl);
    check([
        case("-m ttl --ttl-eq 64", v4(of(64)), v4(of(63))),
        case("-m ttl ! --ttl-eq 64", v4(of(63)), v4(of(64))),
        case("-m ttl --ttl-lt 64", v4(of(63)), v4(of(64))),
        case("-m ttl --ttl-gt 63", v4(of(64)), v4(of(63))),
        // Forwarding has taken one away.
        case("-m ttl --ttl 63", v4(of(64)), v4(of(63))).at("filter", "FORWARD"),
        case("-m hl --hl-eq 64", v6(of(64)), v6(of(63))),
        case("-m hl ! --hl-eq 64", v6(of(63)), v6(of(64))),
        case("-m hl --hl-lt 64", v6(of(63)), v6(of(64))),
        case("-m hl --hl-gt 62", v6(of(64)), v6(of(63))).at("filter", "FORWARD"),
    ]);
}

fn mac() {
    check([
        case("-m mac --mac-source 02:00:00:00:00:11", syn(1), []),
        case("-m mac ! --mac-source 02:00:00:00:00:11", [], syn(1)),
        case("-m mac --mac-source 02:00:00:00:00:12", [], syn(1)).at("filter", "FORWARD"),
    ]);
}

fn pkttype() {
    check([
        case("-m pkttype --pkt-type unicast", [syn(1), sent(1)].concat(), []),
        case("-m pkttype ! --pkt-type host", [], syn(1)),
        case("-m pkttype --pkt-type multicast", [], syn(1)),
    ]);
}
