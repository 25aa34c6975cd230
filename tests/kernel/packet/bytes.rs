//! A packet's bytes, built by etherparse.

use std::net::IpAddr;

use etherparse::{
    IpDscp, IpEcn, IpFragOffset, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6FragmentHeader, Ipv6Header, TcpHeader, UdpHeader,
    checksum::Sum16BitWords,
};

use super::{Body, Packet};

/// The window that TCP headers tell.
pub const WINDOW: u16 = 64240;

impl Packet {
    /// The Ethernet frame for the host under test.
    pub fn frame(&self, checksums: bool) -> Vec<u8> {
        let side = if self.input == Some("eth1") { 2 } else { 1 };
        let kind: u16 = if self.destination.is_ipv4() { 0x0800 } else { 0x86dd };
        let mut frame = vec![2, 0, 0, 0, 0, side, 2, 0, 0, 0, 0, self.mac];
        frame.extend(kind.to_be_bytes());
        frame.extend(self.bytes(checksums));
        frame
    }

    /// The IP packet. Without right checksums no stack answers it.
    pub fn bytes(&self, checksums: bool) -> Vec<u8> {
        let transport = self.transport(checksums);
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let length = u16::try_from(transport.len()).expect("a test's packet is short");
                let mut header = Ipv4Header::new(length, self.ttl, IpNumber(self.protocol()), source.octets(), destination.octets())
                    .expect("it is short");
                header.dscp = IpDscp::try_new(self.dscp).expect("six bits");
                header.ecn = IpEcn::try_new(self.ecn).expect("two bits");
                header.dont_fragment = false;
                header.identification = self.id;
                header.more_fragments = self.fragment.more;
                header.fragment_offset = IpFragOffset::try_new(self.fragment.offset).expect("thirteen bits");
                header.header_checksum = header.calc_header_checksum();
                [header.to_bytes().as_slice(), &transport].concat()
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let fragment = self.fragment.more || self.fragment.offset > 0;
                let extension = Ipv6FragmentHeader::new(
                    IpNumber(self.protocol()),
                    IpFragOffset::try_new(self.fragment.offset).expect("thirteen bits"),
                    self.fragment.more,
                    u32::from(self.id),
                );
                let extension = if fragment { extension.to_bytes().to_vec() } else { Vec::new() };
                let header = Ipv6Header {
                    traffic_class: self.dscp << 2 | self.ecn,
                    flow_label: Ipv6FlowLabel::try_new(self.flow_label).expect("twenty bits"),
                    payload_length: u16::try_from(extension.len() + transport.len()).expect("a test's packet is short"),
                    next_header: if fragment { IpNumber::IPV6_FRAGMENTATION_HEADER } else { IpNumber(self.protocol()) },
                    hop_limit: self.ttl,
                    source: source.octets(),
                    destination: destination.octets(),
                };
                [header.to_bytes().as_slice(), &extension, &transport].concat()
            }
            _ => panic!("addresses of two IP versions in one packet"),
        }
    }

    /// Length of the whole IP packet.
    pub fn length(&self) -> usize {
        self.bytes(false).len()
    }

    fn transport(&self, checksums: bool) -> Vec<u8> {
        if self.fragment.offset > 0 {
            return self.payload.clone();
        }
        let mut bytes = match self.body {
            Body::Tcp { source, destination, flags, sequence, acknowledgement } => {
                let mut header = TcpHeader::new(source, destination, sequence, WINDOW);
                header.acknowledgment_number = acknowledgement;
                let mut bytes = header.to_bytes().to_vec();
                bytes[13] = flags;
                bytes[12] += u8::try_from(self.options.len() / 4).expect("at most ten words") << 4;
                bytes.extend(&self.options);
                bytes
            }
            Body::Udp { source, destination } => {
                let length = u16::try_from(8 + self.payload.len()).expect("a test's packet is short");
                UdpHeader { source_port: source, destination_port: destination, length, checksum: 0 }.to_bytes().to_vec()
            }
            Body::Icmp { kind, code, identifier } => {
                let [high, low] = identifier.to_be_bytes();
                vec![kind, code, 0, 0, high, low, 0, 1]
            }
            Body::Other(_) => Vec::new(),
        };
        bytes.extend(&self.payload);
        self.seal(&mut bytes, checksums);
        bytes
    }

    /// Writes the checksum: the right one, or one that is wrong by one.
    fn seal(&self, bytes: &mut [u8], checksums: bool) {
        let (at, pseudo) = match self.body {
            Body::Tcp { .. } => (16, true),
            Body::Udp { .. } => (6, true),
            Body::Icmp { .. } => (2, self.source.is_ipv6()),
            Body::Other(_) => return,
        };
        let mut sum = Sum16BitWords::new();
        if pseudo {
            sum = match (self.source, self.destination) {
                (IpAddr::V4(source), IpAddr::V4(destination)) => sum.add_4bytes(source.octets()).add_4bytes(destination.octets()),
                (IpAddr::V6(source), IpAddr::V6(destination)) => sum.add_16bytes(source.octets()).add_16bytes(destination.octets()),
                _ => sum,
            };
            let length = u16::try_from(bytes.len()).expect("a test's packet is short");
            sum = sum.add_2bytes(length.to_be_bytes()).add_2bytes([0, self.protocol()]);
        }
        let mut value = sum.add_slice(bytes).ones_complement().to_be();
        if !checksums {
            value ^= 1;
        }
        // A UDP checksum of 0 means that there is none.
        if value == 0 && matches!(self.body, Body::Udp { .. }) {
            value = if checksums { 0xffff } else { 0x5555 };
        }
        bytes[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }
}
