//! `-m rpfilter`: the way back.

use super::case::{case, check};
use super::packets::{syn, with};
use crate::harness::{Needs, Test, tests};
use crate::packet::Packet;

pub const TESTS: &[Test] = tests![Needs::Namespaces; rpfilter];

/// From these sources.
fn from(v4: &str, v6: &str) -> Vec<Packet> {
    let address = |text: &str| text.parse().expect("an address written in a test");
    let (v4, v6) = (address(v4), address(v6));
    with(syn(1), |packet| packet.source = if packet.source.is_ipv4() { v4 } else { v6 }).to_vec()
}

fn rpfilter() {
    let right = || from("10.1.0.7", "fd00:1::7");
    let other_side = || from("10.2.0.8", "fd00:2::8");
    let own = || from("10.1.0.1", "fd00:1::1");
    let of_other_side = || from("10.2.0.1", "fd00:2::1");
    check([
        case("-m rpfilter", right(), [other_side(), own()].concat()),
        case("-m rpfilter --invert", [other_side(), own()].concat(), right()),
        case("-m rpfilter --loose", [right(), other_side()].concat(), own()),
        case("-m rpfilter --accept-local", [right(), own()].concat(), other_side()),
        case("-m rpfilter --loose --accept-local", [right(), own(), of_other_side(), other_side()].concat(), []),
        case("-m rpfilter --validmark --loose", right(), own()).at("raw", "PREROUTING"),
        // The default route leads there.
        case("-m rpfilter", from("203.0.113.9", "2001:db8::9"), []),
    ]);
}
