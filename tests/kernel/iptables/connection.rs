//! Matches of the packet's connection and its sender: `conntrack`, `state`, `connmark`, `owner`, `addrtype`.

use super::case::{case, check};
use super::packets::{datagram, errand, flags, sent, syn, v4, v6, with};
use crate::harness::{Needs, Test, tests};
use crate::packet::{FIN, udp};

pub const TESTS: &[Test] = tests![Needs::Namespaces; state, tuples, translated, status_and_direction, connmark, owner, addrtype, addrtype6];

fn state() {
    check([
        case("-m state --state NEW", syn(1), flags(1, FIN)),
        case("-m state ! --state NEW,ESTABLISHED", flags(1, FIN), syn(1)),
        case("-m conntrack --ctstate INVALID", flags(1, FIN), syn(1)),
        case("-m conntrack ! --ctstate INVALID", syn(1), flags(1, FIN)),
        case("-m conntrack --ctstate RELATED,ESTABLISHED", [], [syn(1), sent(1)].concat()),
        case("-m conntrack --ctstate UNTRACKED,NEW", syn(1), []).beside("*raw\n-A PREROUTING -j CT --notrack\nCOMMIT\n"),
        case("-m conntrack --ctstate UNTRACKED", v6(errand((8, 0), (135, 0))), v6(syn(1))),
    ]);
}

fn tuples() {
    let other = || with(syn(1), |packet| packet.source = if packet.source.is_ipv4() { [8, 8, 8, 8].into() } else { packet.source });
    check([
        case("-m conntrack --ctorigsrc 10.1.0.0/24 --ctorigdst 10.2.0.7", v4(syn(1)), v4(other())),
        case("-m conntrack ! --ctorigsrc 10.1.0.7", v4(sent(1)), v4(syn(1))),
        case("-m conntrack --ctreplsrc 10.2.0.7 --ctrepldst 10.1.0.7", v4(syn(1)), v4(sent(1))),
        case("-m conntrack --ctorigsrc fd00:1::7 --ctreplsrc fd00:2::/64", v6(syn(1)), v6(sent(1))),
        case("-m conntrack --ctproto 6", syn(1), datagram(1)),
        case("-m conntrack ! --ctproto udp", syn(1), datagram(1)),
        case("-m conntrack --ctorigsrcport 2000 --ctorigdstport 80:90", [syn(80), datagram(90)].concat(), syn(91)),
        case("-m conntrack ! --ctorigdstport 80", syn(81), syn(80)),
        case("-m conntrack --ctreplsrcport 80:90 --ctrepldstport 2000", syn(80), syn(79)),
        // Without a connection nothing but a state is looked at.
        case("-m conntrack ! --ctproto 17", syn(1), flags(1, FIN)),
        case("-m conntrack --ctstate INVALID,NEW --ctorigdstport 80", [syn(80), flags(81, FIN)].concat(), syn(81)),
    ]);
}

fn translated() {
    let nat = "*nat\n-A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 10.2.0.9:5353\nCOMMIT\n";
    let nat6 = "*nat\n-A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination [fd00:2::9]:5353\nCOMMIT\n";
    check([
        case("-m conntrack --ctstate DNAT", v4(datagram(53)), v4(datagram(54))).at("filter", "FORWARD").beside(nat),
        case("-m conntrack ! --ctstate DNAT,INVALID", v4(datagram(54)), v4(datagram(53))).at("filter", "FORWARD").beside(nat),
        case("-m conntrack --ctorigdst 10.2.0.7 --ctreplsrc 10.2.0.9", v4(datagram(53)), v4(datagram(54)))
            .at("filter", "FORWARD")
            .beside(nat),
        case("-m conntrack --ctorigdstport 53 --ctreplsrcport 5353", v6(datagram(53)), v6(datagram(54)))
            .at("filter", "FORWARD")
            .beside(nat6),
    ]);
}

fn status_and_direction() {
    check([
        case("-m conntrack --ctstatus NONE", [], syn(1)),
        case("-m conntrack ! --ctstatus SEEN_REPLY", syn(1), flags(1, FIN)),
        case("-m conntrack --ctstatus CONFIRMED,ASSURED", [], syn(1)),
        case("-m conntrack --ctdir ORIGINAL", syn(1), flags(1, FIN)),
        case("-m conntrack --ctdir REPLY", [], syn(1)),
        case("-m conntrack --ctexpire 1:4000000", [], flags(1, FIN)),
    ]);
}

fn connmark() {
    check([
        case("-m connmark --mark 0", syn(1), flags(1, FIN)),
        case("-m connmark ! --mark 0x1/0xff", syn(1), flags(1, FIN)),
        case("-m connmark --mark 0x100/0xff", [], syn(1)),
    ]);
}

fn owner() {
    check([
        case("-m owner --uid-owner 0", sent(1), []).at("filter", "OUTPUT"),
        case("-m owner ! --uid-owner 1-1000", sent(1), []).at("filter", "OUTPUT"),
        case("-m owner --uid-owner 1-1000", [], sent(1)).at("filter", "OUTPUT"),
        case("-m owner --socket-exists", sent(1), syn(1)).at("mangle", "POSTROUTING"),
        case("-m owner ! --socket-exists", syn(1), sent(1)).at("mangle", "POSTROUTING"),
        case("-m owner ! --uid-owner 5 ! --socket-exists", syn(1), sent(1)).at("mangle", "POSTROUTING"),
        case("-m owner ! --uid-owner 5", [sent(1), syn(1)].concat(), []).at("mangle", "POSTROUTING"),
    ]);
}

fn addrtype() {
    let nowhere = || v4(with(datagram(1), |packet| packet.destination = [10, 9, 9, 9].into()));
    let local = || vec![udp(Some("eth0"), "10.1.0.7", "10.1.0.1", (1, 1))];
    let broadcast = || vec![udp(Some("eth0"), "10.1.0.7", "10.1.0.255", (1, 1))];
    check([
        case("-m addrtype --dst-type LOCAL", local(), v4(datagram(1))),
        case("-m addrtype ! --dst-type LOCAL", v4(datagram(1)), local()),
        case("-m addrtype --src-type UNICAST --dst-type UNICAST,LOCAL", [local(), v4(datagram(1))].concat(), v4(sent(1))),
        case("-m addrtype --dst-type BROADCAST", broadcast(), v4(datagram(1))),
        case("-m addrtype --dst-type BLACKHOLE,UNREACHABLE,PROHIBIT", [], nowhere()),
        case("-m addrtype --dst-type LOCAL --limit-iface-in", local(), vec![udp(Some("eth1"), "10.2.0.7", "10.1.0.1", (1, 1))]),
        case("-m addrtype ! --src-type LOCAL ! --dst-type LOCAL", v4(datagram(1)), [local(), v4(sent(1))].concat()),
    ]);
}

fn addrtype6() {
    let local = || vec![udp(Some("eth0"), "fd00:1::7", "fd00:1::1", (1, 1))];
    check([
        case("-m addrtype --dst-type LOCAL", local(), v6(datagram(1))),
        case("-m addrtype ! --dst-type LOCAL", v6(datagram(1)), local()),
        case("-m addrtype --src-type UNICAST --dst-type UNICAST,LOCAL", local(), v6(datagram(1))),
        case("-m addrtype --dst-type UNREACHABLE", [], v6(datagram(1))),
        case("-m addrtype --dst-type MULTICAST", [], v6(datagram(1))),
        case("-m addrtype --dst-type LOCAL --limit-iface-in", local(), vec![udp(Some("eth1"), "fd00:2::7", "fd00:1::1", (1, 1))]),
    ]);
}
