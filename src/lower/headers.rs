//! Where the bytes of a packet's headers are found in its fields.
//!
//! Headers have a fixed layout: IPv4 without options, IPv6 without extension headers but the fragment header, ARP of Ethernet and IPv4.

use crate::model::{Bits, Field, IpVersion};

/// The layout of the headers of one IP version.
pub struct Headers {
    version: IpVersion,
    network: Bits,
    transport: Bits,
}

/// Bytes of the Ethernet header (`ETH_HLEN`).
pub const LINK: usize = 14;

/// Bytes of the transport header that have fields of their own.
pub const NAMED: usize = 20;

impl Headers {
    #[must_use]
    pub fn new(version: IpVersion) -> Self {
        let whole = |fields: &[Field]| {
            let mut bits = Bits::default();
            fields.iter().for_each(|field| bits.append(&Bits::field(*field, version)));
            bits
        };
        let mut network;
        match version {
            IpVersion::V4 => {
                network = Bits::constant(8, 0x45);
                network.append(&whole(&[Field::Dscp, Field::Ecn, Field::Length, Field::IpId, Field::IpFlags, Field::FragmentOffset]));
                network.append(&whole(&[Field::Ttl, Field::Protocol, Field::IpChecksum, Field::Source, Field::Destination]));
            }
            IpVersion::V6 => {
                network = Bits::constant(4, 6);
                network.append(&whole(&[Field::Dscp, Field::Ecn, Field::FlowLabel]));
                // The payload length is not made of bits of a field: who reads it asks [`Headers::payload_length`] first.
                network.append(&Bits::constant(16, 0));
                network.append(&whole(&[Field::Protocol, Field::Ttl, Field::Source, Field::Destination]));
            }
        }
        let transport = whole(&[
            Field::SourcePort,
            Field::DestinationPort,
            Field::Sequence,
            Field::Acknowledgement,
            Field::DataOffset,
            Field::TcpReserved,
            Field::TcpFlags,
            Field::Window,
            Field::TcpChecksum,
            Field::Urgent,
        ]);
        Self { version, network, transport }
    }

    /// ARP, which stands for IPv4.
    #[must_use]
    pub fn arp() -> Self {
        // ARPHRD_ETHER, ETH_P_IP, and the lengths of their addresses.
        let mut network = Bits::constant(48, 0x0001_0800_0604);
        for field in [Field::ArpOperation, Field::LinkSource, Field::Source, Field::LinkDestination, Field::Destination] {
            network.append(&Bits::field(field, IpVersion::V4));
        }
        Self { version: IpVersion::V4, network, transport: Bits::default() }
    }

    /// Bytes of the network header.
    #[must_use]
    pub fn network_length(&self) -> usize {
        self.network.width() / 8
    }

    /// Whether these bytes of the network header touch IPv6's payload length (bytes 4 and 5).
    #[must_use]
    pub fn payload_length(&self, offset: usize, len: usize) -> bool {
        self.version == IpVersion::V6 && offset < 6 && offset + len > 4
    }

    /// Whether these bytes of the network header touch IPv6's next header (byte 6), which in a fragment is not the transport protocol.
    #[must_use]
    pub fn next_header(&self, offset: usize, len: usize) -> bool {
        self.version == IpVersion::V6 && offset < 7 && offset + len > 6
    }

    /// Bytes from an offset of the network header on; beyond it the transport header follows.
    #[must_use]
    pub fn network(&self, offset: usize, len: usize) -> Bits {
        let header = self.network_length();
        let inside = len.min(header.saturating_sub(offset));
        let mut bits = self.network.slice(8 * offset, 8 * inside);
        if inside < len {
            bits.append(&self.transport((offset + inside) - header, len - inside));
        }
        bits
    }

    /// The same in an IPv6 fragment, the first or a later one (`struct frag_hdr`); none where they touch its identification.
    #[must_use]
    pub fn of_fragment(&self, offset: usize, len: usize, later: bool) -> Option<Bits> {
        /// `NEXTHDR_FRAGMENT`, and the length of its header.
        const FRAGMENT: (u128, usize) = (44, 8);
        let mut header = self.network.slice(0, 48);
        header.append(&Bits::constant(8, FRAGMENT.0));
        header.append(&self.network.slice(56, self.network.width() - 56));
        header.append(&Bits::field(Field::Protocol, self.version));
        header.append(&Bits::constant(8, 0));
        header.append(&Bits::field(Field::FragmentOffset, self.version));
        header.append(&Bits::constant(2, 0));
        header.append(&Bits::run(Field::IpFlags, 0, 1));
        let (known, behind) = (header.width() / 8, self.network_length() + FRAGMENT.1);
        let inside = len.min(known.saturating_sub(offset));
        if offset + len > known && offset < behind {
            return None;
        }
        let mut bits = header.slice(8 * offset, 8 * inside);
        for byte in offset + inside..offset + len {
            bits.append(&match later {
                true => Bits::field(Field::Transport((byte - behind) as u16), self.version),
                false => self.transport(byte - behind, 1),
            });
        }
        Some(bits)
    }

    /// Bytes from an offset of the transport header on.
    #[must_use]
    pub fn transport(&self, offset: usize, len: usize) -> Bits {
        let inside = len.min(NAMED.saturating_sub(offset));
        let mut bits = self.transport.slice(8 * offset, 8 * inside);
        for byte in offset + inside..offset + len {
            bits.append(&Bits::field(Field::Transport(byte as u16), self.version));
        }
        bits
    }

    /// Bytes from an offset of the Ethernet header on; beyond it the network header follows.
    #[must_use]
    pub fn link(&self, offset: usize, len: usize) -> Bits {
        let mut header = Bits::field(Field::LinkDestination, self.version);
        header.append(&Bits::field(Field::LinkSource, self.version));
        header.append(&Bits::constant(16, ethertype(self.version)));
        let inside = len.min(LINK.saturating_sub(offset));
        let mut bits = header.slice(8 * offset, 8 * inside);
        if inside < len {
            bits.append(&self.network((offset + inside) - LINK, len - inside));
        }
        bits
    }
}

/// `skb->protocol` as a number.
#[must_use]
pub const fn ethertype(version: IpVersion) -> u128 {
    match version {
        IpVersion::V4 => 0x0800,
        IpVersion::V6 => 0x86dd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_their_length() {
        for (version, length) in [(IpVersion::V4, 20), (IpVersion::V6, 40)] {
            let headers = Headers::new(version);
            assert_eq!(headers.network(0, length).width(), 8 * length);
            assert_eq!(headers.network(length, 2).as_field(version), Some(Field::SourcePort));
            assert_eq!(headers.transport(13, 1).as_field(version), Some(Field::TcpFlags));
            assert_eq!(headers.transport(20, 1).as_field(version), Some(Field::Transport(20)));
            assert_eq!(headers.link(12, 2).as_constant(), Some(ethertype(version)));
        }
        assert_eq!(Headers::new(IpVersion::V4).network(16, 4).as_field(IpVersion::V4), Some(Field::Destination));
        assert_eq!(Headers::new(IpVersion::V6).network(8, 16).as_field(IpVersion::V6), Some(Field::Source));
        assert_eq!(Headers::new(IpVersion::V6).network(7, 1).as_field(IpVersion::V6), Some(Field::Ttl));
    }
}
