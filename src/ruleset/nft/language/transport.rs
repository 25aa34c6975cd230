//! The headers of transport protocols and of ICMP.

use super::datatype as types;
use super::protocol::{Above, Layer, Protocol, field, header, icmp_field};

fn over_extension() -> Above {
    static LIST: Above = &[(50, &ESP), (51, &AH), (108, &COMP), (17, &UDP), (136, &UDPLITE), (6, &TCP), (33, &DCCP), (132, &SCTP)];
    LIST
}

pub static AH: Protocol = Protocol {
    key: Some(0),
    above: over_extension,
    ..header(
        "ah",
        1,
        Layer::Transport,
        &[
            field("nexthdr", 0, 8, &types::INET_PROTO),
            field("hdrlength", 8, 8, &types::INTEGER),
            field("reserved", 16, 16, &types::INTEGER),
            field("spi", 32, 32, &types::INTEGER),
            field("sequence", 64, 32, &types::INTEGER),
        ],
    )
};

pub static ESP: Protocol =
    header("esp", 2, Layer::Transport, &[field("spi", 0, 32, &types::INTEGER), field("sequence", 32, 32, &types::INTEGER)]);

pub static COMP: Protocol = Protocol {
    key: Some(0),
    above: over_extension,
    ..header(
        "comp",
        3,
        Layer::Transport,
        &[field("nexthdr", 0, 8, &types::INET_PROTO), field("flags", 8, 8, &types::BITMASK), field("cpi", 16, 16, &types::INTEGER)],
    )
};

pub static ICMP: Protocol = Protocol {
    key: Some(0),
    ..header(
        "icmp",
        4,
        Layer::Transport,
        &[
            field("type", 0, 8, &types::ICMP_TYPE),
            field("code", 8, 8, &types::ICMP_CODE),
            field("checksum", 16, 16, &types::INTEGER),
            icmp_field("id", 32, 16, &types::INTEGER, 8),
            icmp_field("sequence", 48, 16, &types::INTEGER, 8),
            icmp_field("gateway", 32, 32, &types::INTEGER, 5),
            icmp_field("mtu", 48, 16, &types::INTEGER, 3),
        ],
    )
};

pub static ICMP6: Protocol = Protocol {
    key: Some(0),
    ..header(
        "icmpv6",
        14,
        Layer::Transport,
        &[
            field("type", 0, 8, &types::ICMP6_TYPE),
            field("code", 8, 8, &types::ICMP6_CODE),
            field("checksum", 16, 16, &types::INTEGER),
            icmp_field("parameter-problem", 32, 32, &types::INTEGER, 4),
            icmp_field("mtu", 32, 32, &types::INTEGER, 2),
            icmp_field("id", 32, 16, &types::INTEGER, 128),
            icmp_field("sequence", 48, 16, &types::INTEGER, 128),
            icmp_field("max-delay", 32, 16, &types::INTEGER, 130),
        ],
    )
};

pub static IGMP: Protocol = header(
    "igmp",
    5,
    Layer::Transport,
    &[
        field("type", 0, 8, &types::IGMP_TYPE),
        field("mrt", 8, 8, &types::INTEGER),
        field("checksum", 16, 16, &types::INTEGER),
        field("group", 32, 32, &types::IPV4_ADDR),
    ],
);

pub static UDP: Protocol = header(
    "udp",
    6,
    Layer::Transport,
    &[
        field("sport", 0, 16, &types::INET_SERVICE),
        field("dport", 16, 16, &types::INET_SERVICE),
        field("length", 32, 16, &types::INTEGER),
        field("checksum", 48, 16, &types::INTEGER),
    ],
);

pub static UDPLITE: Protocol = header(
    "udplite",
    7,
    Layer::Transport,
    &[
        field("sport", 0, 16, &types::INET_SERVICE),
        field("dport", 16, 16, &types::INET_SERVICE),
        field("csumcov", 32, 16, &types::INTEGER),
        field("checksum", 48, 16, &types::INTEGER),
    ],
);

pub static TCP: Protocol = header(
    "tcp",
    8,
    Layer::Transport,
    &[
        field("sport", 0, 16, &types::INET_SERVICE),
        field("dport", 16, 16, &types::INET_SERVICE),
        field("sequence", 32, 32, &types::INTEGER),
        field("ackseq", 64, 32, &types::INTEGER),
        field("doff", 96, 4, &types::INTEGER),
        field("reserved", 100, 4, &types::INTEGER),
        field("flags", 104, 8, &types::TCP_FLAG),
        field("window", 112, 16, &types::INTEGER),
        field("checksum", 128, 16, &types::INTEGER),
        field("urgptr", 144, 16, &types::INTEGER),
    ],
);

pub static DCCP: Protocol = header(
    "dccp",
    9,
    Layer::Transport,
    &[field("sport", 0, 16, &types::INET_SERVICE), field("dport", 16, 16, &types::INET_SERVICE), field("type", 67, 4, &types::DCCP_TYPE)],
);

pub static SCTP: Protocol = header(
    "sctp",
    10,
    Layer::Transport,
    &[
        field("sport", 0, 16, &types::INET_SERVICE),
        field("dport", 16, 16, &types::INET_SERVICE),
        field("vtag", 32, 32, &types::INTEGER),
        field("checksum", 64, 32, &types::INTEGER),
    ],
);

/// Ports of a transport protocol that is not known.
pub static TH: Protocol =
    header("th", 11, Layer::Transport, &[field("sport", 0, 16, &types::INET_SERVICE), field("dport", 16, 16, &types::INET_SERVICE)]);
