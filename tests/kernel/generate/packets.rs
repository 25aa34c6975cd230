//! Random packets that visit every path.

use super::pool::{PORTS, TTL, Version};
use super::random::Random;
use crate::packet::{ACK, Body, FIN, PSH, Packet, RST, SYN, URG};

/// A way through the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Input,
    Forward,
    Output,
    Loopback,
}

/// Every way.
pub const WAYS: [Way; 4] = [Way::Input, Way::Forward, Way::Output, Way::Loopback];

/// Makes so many packets, on every way.
pub fn some(random: &mut Random, number: usize) -> Vec<Packet> {
    (0..number)
        .map(|_| {
            let way = random.one(&WAYS);
            let version = random.one(&[Version::V4, Version::V6]);
            packet(random, way, version)
        })
        .collect()
}

/// Makes a packet on this way.
pub fn packet(random: &mut Random, way: Way, version: Version) -> Packet {
    let (near, far) = if random.percent(60) { ("eth0", "eth1") } else { ("eth1", "eth0") };
    let local = |random: &mut Random| {
        let loopback = version.loopback();
        if random.percent(60) { random.pick(loopback) } else { random.pick(version.own()) }
    };
    let (input, source, destination) = match way {
        Way::Input => (Some(near), random.pick(version.remote(near)), random.pick(version.own())),
        Way::Forward => (Some(near), random.pick(version.remote(near)), random.pick(version.remote(far))),
        Way::Output => (None, random.pick(version.own()), random.pick(version.remote(far))),
        // From loopback to another own address the kernel would refuse nothing, but the way back would be martian.
        Way::Loopback => {
            let to = local(random);
            (
                None,
                if random.percent(50) {
                    to
                } else {
                    random.pick(if version.loopback().contains(&to) { version.loopback() } else { version.own() })
                },
                to,
            )
        }
    };
    let mut packet = Packet::new(input, source, destination, body(random, way, version));
    packet.ttl = if random.percent(70) { 64 } else { random.one(TTL) };
    // An error of ICMPv6, which can't be switched off, would be counted.
    if packet.input.is_some() && version == Version::V4 && random.percent(2) {
        packet.ttl = 1;
    }
    packet.dscp = if random.percent(70) { 0 } else { random.one(super::pool::DSCP) };
    packet.ecn = random.one(&[0, 0, 0, 1, 2, 3]);
    if packet.input.is_none() && random.percent(30) {
        packet.mark = random.one(super::pool::MARKS);
    }
    let length = random.one(&[0, 0, 4, 8, 20]);
    packet.payload = (0..length).map(|_| random.one(&[0, 1, 0x50, 0xff])).collect();
    if packet.body == Body::Other(132) && random.percent(70) {
        packet.payload = association(random);
    }
    packet.id = random.between(1, 65535) as u16;
    if random.percent(10) {
        packet.flow_label = random.one(&[1, 0x12345, 0xfffff]);
    }
    if random.percent(10) {
        packet.mac = 0x13;
    }
    if matches!(packet.body, Body::Tcp { .. }) && random.percent(30) {
        packet.options = random.pick(OPTIONS).to_vec();
    }
    if random.percent(4) {
        cut(random, &mut packet);
    }
    packet
}

/// Options of TCP: a segment size, a selective acknowledgement permitted, time stamps, a window scale, and some that do not fit.
const OPTIONS: &[&[u8]] = &[
    &[2, 4, 5, 0xb4],
    &[2, 4, 2, 0x18, 4, 2, 1, 1],
    &[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7],
    &[1, 1, 4, 2],
    &[34, 4, 2, 7],
    &[1, 1, 1, 2],
    &[2, 9, 5, 0xb4],
    &[0, 0, 0, 0],
    &[8, 10, 0, 0],
    &[5, 0, 4, 2],
];

/// SCTP: ports, verification tag, checksum, and a chunk or two.
fn association(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for port in [port(random), port(random)] {
        bytes.extend(port.to_be_bytes());
    }
    bytes.extend(random.one(&[[0; 4], [0; 4], [0, 0, 0, 9]]));
    bytes.extend([0; 4]);
    for _ in 0..random.one(&[1, 1, 1, 2]) {
        let kind = random.one(&[1, 1, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14]);
        bytes.extend([kind, 0, 0, random.one(&[20, 20, 20, 4, 0])]);
        bytes.extend([1; 16]);
    }
    bytes
}

/// Makes a fragment of it: the first, one amid, or the last.
fn cut(random: &mut Random, packet: &mut Packet) {
    let (offset, more) = random.one(&[(0, true), (3, true), (3, false), (185, false)]);
    packet.fragment = crate::packet::Fragment { offset, more };
    packet.options.clear();
    // All but the last are so many times 8 bytes: a wrong length is answered.
    let header = if offset == 0 && matches!(packet.body, Body::Tcp { .. }) { 4 } else { 0 };
    packet.payload = (0..header + random.one(&[8, 16, 24])).map(|_| random.one(&[0, 1, 0x50, 0xff])).collect();
    if offset > 0 {
        packet.body = Body::Other(packet.protocol());
    }
}

fn port(random: &mut Random) -> u16 {
    if random.percent(60) { random.one(PORTS) } else { random.between(1, 65535) as u16 }
}

fn body(random: &mut Random, way: Way, version: Version) -> Body {
    match random.below(100) {
        0..=54 => {
            let flags = match random.below(10) {
                0..=5 => SYN,
                6 => ACK,
                7 => ACK | PSH,
                _ => random.one(&[
                    0,
                    SYN | ACK,
                    FIN,
                    FIN | ACK,
                    RST,
                    RST | ACK,
                    URG,
                    PSH,
                    SYN | FIN,
                    SYN | RST,
                    SYN | PSH,
                    SYN | URG,
                    ACK | URG,
                    FIN | PSH | URG,
                    0x3f,
                    SYN | 0xc0,
                ]),
            };
            let (source, destination) = (port(random), port(random));
            Body::Tcp { source, destination, flags, sequence: random.one(&[0, 1000, 5000]), acknowledgement: random.one(&[0, 7]) }
        }
        55..=79 => Body::Udp { source: port(random), destination: port(random) },
        // A reject of what the host sends, and an unknown protocol, are answered by way of lo unless a checksum is wrong.
        percent if percent < 94 || matches!(way, Way::Output | Way::Loopback) => {
            let (kind, code) = match version {
                Version::V4 => random.one(&[(8, 0), (8, 0), (8, 0), (0, 0), (3, 1), (3, 3), (11, 0), (5, 1), (8, 3), (12, 0), (15, 0)]),
                Version::V6 => random.one(&[(128, 0), (128, 0), (128, 0), (129, 0), (1, 1), (1, 4), (3, 0), (128, 3), (2, 0), (136, 0)]),
            };
            Body::Icmp { kind, code, identifier: random.between(1, 60000) as u16 }
        }
        _ => Body::Other(random.one(&[47, 50, 132, 33, 89, 253])),
    }
}
