//! Matches of the network header and of the frame: `iprange`, `length`, `ttl`, `hl`, `mac`, `pkttype`,
//! `dscp`, `tos`, `ecn`; and of the packet's surroundings: `devgroup`, `cpu`, `physdev`, `policy`; `esp` and `ah`.

use super::case::{case, check};
use super::packets::{datagram, flags, raw, sent, syn, v4, v6, with};
use crate::harness::{Needs, Test, tests};
use crate::lab::iptables::Backend;
use crate::packet::SYN;

pub const TESTS: &[Test] = tests![Needs::Namespaces; iprange, length, ttl, mac, pkttype, dscp_and_tos, ecn, surroundings, policies, ipsec];

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

fn dscp_and_tos() {
    let of = |dscp, ecn| with(syn(1), |packet| (packet.dscp, packet.ecn) = (dscp, ecn));
    check([
        case("-m dscp --dscp 0x2e", of(46, 0), of(0, 2)),
        case("-m dscp ! --dscp-class EF", of(0, 0), of(46, 1)),
        case("-m dscp --dscp-class CS0", of(0, 3), of(8, 0)),
        case("-m tos --tos 0x10", of(4, 0), [of(4, 1), of(5, 0)].concat()),
        case("-m tos --tos 0x10/0xfc", [of(4, 0), of(4, 1)].concat(), of(5, 0)),
        case("-m tos ! --tos 0x03/0x03", of(4, 0), of(4, 3)),
        case("-m tos --tos Minimize-Delay", of(4, 0), of(5, 0)),
        case("-m tos --tos 0x11/0x10", [], of(4, 1)),
        case("-m tos ! --tos 0x11/0x10", of(4, 1), []),
    ]);
}

fn ecn() {
    let of = |ecn| with(syn(1), |packet| packet.ecn = ecn);
    let (ece, cwr) = (|| flags(1, SYN | 0x40), || flags(1, SYN | 0x80));
    check([
        case("-m ecn --ecn-ip-ect 2", of(2), of(3)),
        case("-m ecn ! --ecn-ip-ect 0", of(2), of(0)),
        case("-p tcp -m ecn --ecn-tcp-ece", ece(), cwr()),
        case("-p tcp -m ecn ! --ecn-tcp-ece --ecn-tcp-cwr", cwr(), [ece(), syn(1)].concat()),
        case("-p tcp -m ecn --ecn-tcp-cwr --ecn-ip-ect 1", [], cwr()),
        case("-p tcp -m ecn ! --ecn-tcp-cwr", syn(1), raw(6, &[0; 16])),
    ]);
}

fn surroundings() {
    let group = "link set eth0 group 7\n";
    check([
        case("-m devgroup --src-group 0x7", syn(1), []).network(group),
        case("-m devgroup ! --src-group 0x5/0x5", [], syn(1)),
        case("-m devgroup --src-group 0x8/0x8", [], syn(1)),
        case("-m devgroup --dst-group 0x7", [], sent(1)),
        case("-m devgroup --src-group 0x7 --dst-group 0x0", syn(1), []).at("filter", "FORWARD"),
        case("-m physdev --physdev-in eth0", [], syn(1)),
        case("-m physdev ! --physdev-is-bridged", syn(1), []),
        case("-m physdev ! --physdev-is-in ! --physdev-in eth+", syn(1), []),
        case("-m policy --dir in --pol none", syn(1), []),
        case("-m policy --dir in --pol ipsec --strict --proto esp --mode tunnel --tunnel-src 10.0.0.1", [], v4(syn(1))),
        case("-m policy --dir out --pol none", syn(1), []).at("filter", "FORWARD"),
        case("-m policy --dir out --pol ipsec", [], syn(1)).at("filter", "FORWARD"),
        case("-m cpu --cpu 4000", [], syn(1)).open(),
        case("-p tcp -m tcpmss --mss 500:1000", [], syn(1)),
        case("-p tcp -m tcpmss ! --mss 500:1000", syn(1), []),
        case("-p tcp -m tcpmss --mss 500:1000", [], []).hotdrops(raw(6, &[0; 16])),
        case("-m realm ! --realm 5", v4(syn(1)), []).at("filter", "FORWARD"),
        case("-m realm --realm 5", [], v4(syn(1))).at("filter", "FORWARD"),
        case("-m realm --realm 0/3", v4(sent(1)), []).at("filter", "OUTPUT"),
        case("-m realm --realm 5", v4(syn(1)), []).at("filter", "FORWARD").network("route change 10.2.0.0/24 dev eth1 realms 5\n").open(),
        case("-m eui64", [], v6(syn(1))).at("filter", "FORWARD"),
    ]);
}

/// Policies that want packets protected where there are keys; here are none.
fn policies() {
    let beyond = "xfrm policy update src 10.1.0.0/24 dst 203.0.113.0/24 dir out tmpl proto esp mode transport level use\n\
        xfrm policy update src 203.0.113.0/24 dst 10.2.0.0/24 dir fwd tmpl src 10.1.0.9 dst 10.1.0.1 proto esp mode tunnel level use\n";
    let leaving = "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out tmpl proto esp mode transport level use\n";
    let coming =
        "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir fwd tmpl src 10.1.0.9 dst 10.1.0.1 proto esp mode tunnel level use\n";
    check([
        case("-m policy --dir out --pol none", syn(1), []).at("filter", "FORWARD").network(beyond),
        case("-m policy --dir out --pol ipsec --mode tunnel", [], syn(1)).at("mangle", "POSTROUTING"),
        case("-m policy --dir in --pol none", syn(1), []).at("filter", "FORWARD"),
        case("-m policy --dir out --pol none", v4(syn(1)), []).at("filter", "FORWARD").network(leaving).open(),
        case("-m policy --dir in --pol none", v4(syn(1)), []).at("filter", "FORWARD"),
        case("-m policy --dir in --pol none", v4(syn(1)), []).at("filter", "FORWARD").network(coming).open(),
        case("-m policy --dir in --pol ipsec", [], v6(syn(1))).at("filter", "FORWARD"),
    ]);
}

fn ipsec() {
    let esp = |spi: u8| raw(50, &[0, 0, 1, spi, 0, 0, 0, 1]);
    let comp = |spi: u8| raw(108, &[6, 0, 0, spi]);
    let ah = |spi: u8| v4(raw(51, &[6, 1, 0, 0, 0, 0, 1, spi, 0, 0, 0, 1]));
    check([
        case("-p esp -m esp --espspi 256:300", [esp(0), esp(44)].concat(), esp(45)),
        case("-p esp -m esp ! --espspi 256", esp(1), esp(0)),
        case("-p esp -m esp", esp(1), []).hotdrops(raw(50, &[0, 0, 1, 0])),
        // The second match never holds; the first has dropped it by then.
        case("-p esp -m esp -m policy --dir in --pol ipsec", [], esp(1)).hotdrops(raw(50, &[0, 0, 1, 0])),
        case("-p ipcomp -m ipcomp --ipcompspi 5:6", comp(6), comp(7)).hotdrops(raw(108, &[6, 0])),
        case("-p ipcomp -m ipcomp ! --ipcompspi 5:6", comp(7), comp(6)),
        case("-p ah -m ah --ahspi 300", ah(44), ah(45)),
        case("-p ah -m ah ! --ahspi 0:300", ah(45), ah(44)),
        case("-p ah -m ah", ah(1), []).hotdrops(v4(raw(51, &[6, 1, 0, 0]))),
        case("-m ah --ahspi 300", [], v6(syn(1))),
        case("-p udp -m ah --ahspi 300 --ahlen 24 --ahres", [], v6(datagram(1))).only(Backend::Legacy),
    ]);
}
