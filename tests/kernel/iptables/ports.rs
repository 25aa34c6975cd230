//! Matches of transport headers: `tcp`, `multiport`, `icmp`, `icmp6`, `sctp`, `dccp`.

use super::case::{case, check};
use super::packets::{datagram, errand, flags, raw, syn, v4, v6, with};
use crate::harness::{Needs, Test, tests};
use crate::lab::iptables::Backend;
use crate::packet::{ACK, FIN, SYN};

pub const TESTS: &[Test] = tests![Needs::Namespaces; tcp, multiport, icmp, sctp, dccp];

fn tcp() {
    let short = || raw(6, &[0; 16]);
    check([
        case("-p tcp -m tcp --dport 80:90", [syn(80), syn(90)].concat(), [syn(79), syn(91)].concat()),
        case("-p tcp -m tcp ! --dport 80", syn(79), syn(80)),
        case("-p tcp -m tcp --tcp-flags SYN,ACK SYN", flags(1, SYN | FIN), flags(1, SYN | ACK)),
        case("-p tcp -m tcp ! --dport 80", [], []).hotdrops(short()).only(Backend::Legacy),
        // iptables-nft makes expressions of its own of it, which read what there is.
        case("-p tcp -m tcp ! --dport 80", short(), []).only(Backend::Nft),
    ]);
}

fn multiport() {
    let later = with(raw(17, &[0; 16]), |packet| packet.fragment.offset = 3);
    check([
        case("-p tcp -m multiport --dports 80,443,8000:8100", [syn(80), syn(8100)].concat(), [syn(79), syn(7999)].concat()),
        case("-p udp -m multiport ! --dports 80,443", [datagram(81), datagram(2000)].concat(), datagram(443)),
        case("-p udp -m multiport --sports 2000", datagram(1), syn(1)),
        case("-p udp -m multiport --ports 1999:2001,7", datagram(1), syn(7)),
        case("-p udp -m multiport ! --ports 7,9", datagram(8), datagram(7)),
        case("-p udp -m multiport ! --ports 7,9", [], later),
        case("-p udp -m multiport --ports 7,9", [], []).hotdrops(raw(17, &[0, 7])),
    ]);
}

fn icmp() {
    let echo = || errand((8, 0), (128, 0));
    let (ping, other) = (|| v4(echo()), || v4(errand((3, 3), (1, 4))));
    let (ping6, other6) = (|| v6(echo()), || v6(errand((3, 3), (1, 4))));
    check([
        case("-p icmp -m icmp --icmp-type 8", ping(), other()),
        case("-p icmp -m icmp --icmp-type 3/3", other(), [ping(), v4(errand((3, 4), (0, 0)))].concat()),
        case("-p icmp -m icmp --icmp-type destination-unreachable", other(), ping()),
        case("-p icmp -m icmp ! --icmp-type echo-request", other(), ping()),
        case("-p icmp -m icmp --icmp-type any", [ping(), other()].concat(), []),
        case("-p icmp -m icmp --icmp-type any", [], []).hotdrops(v4(raw(1, &[8, 0, 0, 0]))),
        case("-p ipv6-icmp -m icmp6 --icmpv6-type 128", ping6(), other6()),
        case("-p ipv6-icmp -m icmp6 --icmpv6-type 1/4", other6(), ping6()),
        case("-p ipv6-icmp -m icmp6 ! --icmpv6-type port-unreachable", ping6(), other6()),
        case("-p ipv6-icmp -m icmp6 --icmpv6-type 128", [], []).hotdrops(v6(raw(58, &[128, 0, 0, 0]))),
    ]);
}

fn sctp() {
    let init = |port: u8| raw(132, &[[0, 7, 0, port, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), &[1, 0, 0, 4]].concat());
    check([
        case("-p sctp -m sctp --dport 80:90", [init(80), init(90)].concat(), init(91)),
        case("-p sctp -m sctp ! --sport 7", [], init(1)),
        case("-p sctp -m sctp --dport 80", [], []).hotdrops(raw(132, &[0, 7, 0, 80])),
        case("-p sctp -m sctp --dport 80 --chunk-types any INIT,DATA:Be", init(80), []).open(),
        case("-p sctp -m sctp --dport 80 --chunk-types only INIT", [], init(81)),
    ]);
}

fn dccp() {
    let of = |port: u8, kind: u8| raw(33, &[0, 7, 0, port, 3, 0, 0, 0, kind << 1 | 1, 0, 0, 0]);
    check([
        case("-p dccp -m dccp --sport 7 --dport 80", of(80, 0), of(81, 0)),
        case("-p dccp -m dccp --dccp-types REQUEST,INVALID", [of(80, 0), of(80, 12)].concat(), of(80, 3)),
        case("-p dccp -m dccp ! --dccp-types REQUEST", of(80, 3), of(80, 0)),
        case("-p dccp -m dccp --dport 80", [], []).hotdrops(raw(33, &[0, 7, 0, 80])),
        case("-p dccp -m dccp --dport 81 --dccp-option 5", [], of(80, 0)),
    ]);
}
