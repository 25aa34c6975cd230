//! The fields that rules can read: of the packet's headers, of its connection, and of its surroundings.

use super::host::IpVersion;

/// One field. Values are unsigned numbers in network order (a port is its number, an address its 32 or 128 bits), at most 128 bits wide.
///
/// Transport fields are *positions*, named after TCP: bytes 0-1 are [`Field::SourcePort`] whatever the protocol, so an ICMP type and code
/// are the high and low byte of it, the UDP length and checksum are the two halves of [`Field::Sequence`], and a raw `@th,0,16` needs no
/// knowledge of the protocol. [`Field::Protocol`] tells which reading is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Index of the interface it came in by; 0 if it was sent by this host and has not come in yet.
    InInterface,
    /// Index of the interface it leaves by; 0 where there is none yet.
    OutInterface,
    /// ARP operation: 1 request, 2 reply. An ARP message has its sender's address in [`Field::Source`] and [`Field::LinkSource`], its target's in
    /// [`Field::Destination`] and [`Field::LinkDestination`], and no other field of a header.
    ArpOperation,
    /// Transport protocol, after IPv6 extension headers.
    Protocol,
    /// Source address.
    Source,
    /// Destination address.
    Destination,
    /// Transport bytes 0-1: source port; ICMP type (high byte) and code.
    SourcePort,
    /// Transport bytes 2-3: destination port; ICMP checksum.
    DestinationPort,
    /// Connection state as a bit of nft's: invalid 1, established 2, related 4, new 8, untracked 64.
    CtState,
    /// TCP flags: fin 1, syn 2, rst 4, psh 8, ack 16, urg 32, ece 64, cwr 128 (transport byte 13).
    TcpFlags,
    /// Packet mark.
    Mark,
    /// Length of the whole IP packet in bytes.
    Length,
    /// TTL or hop limit.
    Ttl,
    /// TTL of a forwarded packet: always one less than [`Field::Ttl`], never constrained by itself.
    ForwardedTtl,
    /// DSCP.
    Dscp,
    /// ECN bits.
    Ecn,
    /// IPv4 identification.
    IpId,
    /// IPv4 flags: reserved 4, don't fragment 2, more fragments 1.
    IpFlags,
    /// Fragment offset in units of 8 bytes.
    FragmentOffset,
    /// IPv4 header checksum.
    IpChecksum,
    /// IPv6 flow label.
    FlowLabel,
    /// The gateway of the packet's route, 0 where it leads to the destination itself; no packet has one before it is routed.
    NextHop,
    /// Transport bytes 4-7: TCP sequence number; UDP length and checksum; ICMP identifier and sequence.
    Sequence,
    /// Transport bytes 8-11: TCP acknowledgement number.
    Acknowledgement,
    /// TCP data offset (high half of transport byte 12).
    DataOffset,
    /// Reserved bits (low half of transport byte 12).
    TcpReserved,
    /// Transport bytes 14-15: TCP window.
    Window,
    /// Transport bytes 16-17: TCP checksum.
    TcpChecksum,
    /// Transport bytes 18-19: TCP urgent pointer.
    Urgent,
    /// One byte at this offset (20 or more) from the start of the transport header.
    Transport(u16),
    /// Source hardware address.
    LinkSource,
    /// Destination hardware address.
    LinkDestination,
    /// PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2, PACKET_OTHERHOST 3, PACKET_LOOPBACK 5.
    PacketType,
    /// Connection mark.
    CtMark,
    /// Connection status bits (IPS_*).
    CtStatus,
    /// Direction within the connection: 0 original, 1 reply.
    CtDirection,
    /// Conntrack zone.
    CtZone,
    /// Source address of the connection's original direction.
    CtOriginalSource,
    /// Destination address of the connection's original direction.
    CtOriginalDestination,
    /// Source port of the connection's original direction.
    CtOriginalSourcePort,
    /// Destination port of the connection's original direction.
    CtOriginalDestinationPort,
    /// User id of the sending (or, by early demultiplexing, receiving) socket.
    Uid,
    /// Group id of that socket.
    Gid,
    /// net_cls class of that socket.
    Cgroup,
    /// skb priority.
    Priority,
    /// Realm of the route.
    RtClassId,
    /// Security mark.
    SecMark,
    /// `meta nftrace`.
    NfTrace,
    /// Processor that handles it.
    Cpu,
    /// Seconds since midnight, UTC.
    Hour,
    /// Day of the week, Sunday 0.
    Day,
    /// Nanoseconds since 1970.
    Time,
    /// What a map's data or an expression that is not modelled left in a register word of one rule.
    Register(u8),
    /// An undecided condition on one visit, or a choice of the kernel (a NAT port): numbered by the run of the simulation.
    Choice(u32),
    /// 1 if the packet's key is in a set too big to dump: numbered by the run of the simulation.
    Member(u32),
}

impl Field {
    /// The values that it takes, where they are so few that tests of it are told by them.
    #[must_use]
    pub const fn members(self) -> Option<&'static [u128]> {
        match self {
            Self::CtState => Some(&[1, 2, 4, 8, 64]),
            _ => None,
        }
    }

    /// Width in bits.
    #[must_use]
    pub const fn width(self, version: IpVersion) -> u8 {
        match self {
            Self::Member(_) => 1,
            Self::Ecn => 2,
            Self::IpFlags => 3,
            Self::DataOffset | Self::TcpReserved => 4,
            Self::Dscp => 6,
            Self::Protocol
            | Self::TcpFlags
            | Self::Ttl
            | Self::ForwardedTtl
            | Self::Transport(_)
            | Self::PacketType
            | Self::CtDirection
            | Self::NfTrace
            | Self::Day => 8,
            Self::FragmentOffset => 13,
            Self::ArpOperation
            | Self::SourcePort
            | Self::DestinationPort
            | Self::CtOriginalSourcePort
            | Self::CtOriginalDestinationPort
            | Self::Length
            | Self::IpId
            | Self::IpChecksum
            | Self::Window
            | Self::TcpChecksum
            | Self::Urgent
            | Self::CtZone => 16,
            Self::FlowLabel => 20,
            Self::InInterface
            | Self::OutInterface
            | Self::CtState
            | Self::Mark
            | Self::Sequence
            | Self::Acknowledgement
            | Self::CtMark
            | Self::CtStatus
            | Self::Uid
            | Self::Gid
            | Self::Cgroup
            | Self::Priority
            | Self::RtClassId
            | Self::SecMark
            | Self::Cpu
            | Self::Hour
            | Self::Choice(_)
            | Self::Register(_) => 32,
            Self::LinkSource | Self::LinkDestination => 48,
            Self::Time => 64,
            Self::Source | Self::Destination | Self::NextHop | Self::CtOriginalSource | Self::CtOriginalDestination => match version {
                IpVersion::V4 => 32,
                IpVersion::V6 => 128,
            },
        }
    }
}

impl Field {
    /// The field's name in reports and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InInterface => "in",
            Self::OutInterface => "out",
            Self::ArpOperation => "arp_operation",
            Self::Protocol => "proto",
            Self::Source => "src",
            Self::Destination => "dst",
            Self::SourcePort => "sport",
            Self::DestinationPort => "dport",
            Self::CtState => "state",
            Self::TcpFlags => "flags",
            Self::Mark => "mark",
            Self::Length => "length",
            Self::Ttl | Self::ForwardedTtl => "ttl",
            Self::Dscp => "dscp",
            Self::Ecn => "ecn",
            Self::IpId => "ip_id",
            Self::IpFlags => "ip_flags",
            Self::FragmentOffset => "frag",
            Self::IpChecksum => "ip_checksum",
            Self::FlowLabel => "flow_label",
            Self::NextHop => "next_hop",
            Self::Sequence => "seq",
            Self::Acknowledgement => "ack",
            Self::DataOffset => "data_offset",
            Self::TcpReserved => "tcp_reserved",
            Self::Window => "window",
            Self::TcpChecksum => "tcp_checksum",
            Self::Urgent => "urgent",
            Self::Transport(_) => "payload",
            Self::LinkSource => "src_mac",
            Self::LinkDestination => "dst_mac",
            Self::PacketType => "pkttype",
            Self::CtMark => "ct_mark",
            Self::CtStatus => "ct_status",
            Self::CtDirection => "ct_direction",
            Self::CtZone => "ct_zone",
            Self::CtOriginalSource => "ct_original_src",
            Self::CtOriginalDestination => "ct_original_dst",
            Self::CtOriginalSourcePort => "ct_original_sport",
            Self::CtOriginalDestinationPort => "ct_original_dport",
            Self::Uid => "uid",
            Self::Gid => "gid",
            Self::Cgroup => "cgroup",
            Self::Priority => "priority",
            Self::RtClassId => "rtclassid",
            Self::SecMark => "secmark",
            Self::NfTrace => "nftrace",
            Self::Cpu => "cpu",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Time => "time",
            Self::Register(_) => "register",
            Self::Choice(_) => "choice",
            Self::Member(_) => "member",
        }
    }
}
