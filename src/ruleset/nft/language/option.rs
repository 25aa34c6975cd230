//! IPv6 extension headers and the options of TCP, IPv4, SCTP and DCCP: their names and fields.

use super::datatype::{self as types, Datatype};

/// `NFT_EXTHDR_OP_*`.
pub const IPV6: u32 = 0;
pub const TCP: u32 = 1;
pub const IPV4: u32 = 2;
pub const SCTP: u32 = 3;

/// One part of an extension header or option; offsets and widths in bits.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub name: &'static str,
    pub offset: u32,
    pub bits: u32,
    pub datatype: Datatype,
}

/// An extension header or option.
#[derive(Debug)]
pub struct Header {
    pub name: &'static str,
    pub parts: &'static [Part],
}

const fn part(name: &'static str, offset: u32, bits: u32) -> Part {
    Part { name, offset, bits, datatype: &types::INTEGER }
}

const fn typed(name: &'static str, offset: u32, bits: u32, datatype: Datatype) -> Part {
    Part { name, offset, bits, datatype }
}

const NEXT: Part = typed("nexthdr", 0, 8, &types::INET_PROTO);
const LENGTH: Part = part("hdrlength", 8, 8);

static HOP_BY_HOP: Header = Header { name: "hbh", parts: &[NEXT, LENGTH] };
static DESTINATION: Header = Header { name: "dst", parts: &[NEXT, LENGTH] };
static ROUTING: Header = Header { name: "rt", parts: &[NEXT, LENGTH, part("type", 16, 8), part("seg-left", 24, 8)] };
static ROUTING_0: Header = Header {
    name: "rt0",
    parts: &[part("reserved", 32, 32), typed("addr[1]", 64, 128, &types::IPV6_ADDR), typed("addr[2]", 192, 128, &types::IPV6_ADDR)],
};
static SEGMENTS: Header = Header {
    name: "srh",
    parts: &[
        part("last-entry", 32, 8),
        part("flags", 40, 8),
        part("tag", 48, 16),
        typed("sid[1]", 64, 128, &types::IPV6_ADDR),
        typed("sid[2]", 192, 128, &types::IPV6_ADDR),
    ],
};
static FRAGMENT: Header = Header {
    name: "frag",
    parts: &[
        NEXT,
        part("reserved", 8, 8),
        part("frag-off", 16, 13),
        part("reserved2", 29, 2),
        part("more-fragments", 31, 1),
        part("id", 32, 32),
    ],
};
static MOBILITY: Header = Header {
    name: "mh",
    parts: &[NEXT, LENGTH, typed("type", 16, 8, &types::MOBILITY_TYPE), part("reserved", 24, 8), part("checksum", 32, 16)],
};

const KIND: Part = part("kind", 0, 8);
const OPTION_LENGTH: Part = part("length", 8, 8);

static TCP_OPTIONS: &[(u8, Header)] = &[
    (0, Header { name: "eol", parts: &[KIND] }),
    (1, Header { name: "nop", parts: &[KIND] }),
    (2, Header { name: "maxseg", parts: &[KIND, OPTION_LENGTH, part("size", 16, 16)] }),
    (3, Header { name: "window", parts: &[KIND, OPTION_LENGTH, part("count", 16, 8)] }),
    (4, Header { name: "sack-perm", parts: &[KIND, OPTION_LENGTH] }),
    (5, Header { name: "sack", parts: &[KIND, OPTION_LENGTH, part("left", 16, 32), part("right", 48, 32)] }),
    (8, Header { name: "timestamp", parts: &[KIND, OPTION_LENGTH, part("tsval", 16, 32), part("tsecr", 48, 32)] }),
    (19, Header { name: "md5sig", parts: &[KIND, OPTION_LENGTH] }),
    (30, Header { name: "mptcp", parts: &[KIND, OPTION_LENGTH, part("subtype", 16, 4)] }),
    (34, Header { name: "fastopen", parts: &[KIND, OPTION_LENGTH] }),
];

const ROUTE_PARTS: &[Part] = &[part("type", 0, 8), part("length", 8, 8), part("ptr", 16, 8), part("addr", 24, 32)];

static IP_OPTIONS: &[(u8, Header)] = &[
    (131, Header { name: "lsrr", parts: ROUTE_PARTS }),
    (7, Header { name: "rr", parts: ROUTE_PARTS }),
    (137, Header { name: "ssrr", parts: ROUTE_PARTS }),
    (148, Header { name: "ra", parts: &[part("type", 0, 8), part("length", 8, 8), part("value", 16, 16)] }),
];

const CHUNK_TYPE: Part = part("type", 0, 8);
const CHUNK_FLAGS: Part = part("flags", 8, 8);
const CHUNK_LENGTH: Part = part("length", 16, 16);
const CHUNK: &[Part] = &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH];
const CHUNK_INIT: &[Part] = &[
    CHUNK_TYPE,
    CHUNK_FLAGS,
    CHUNK_LENGTH,
    part("init-tag", 32, 32),
    part("a-rwnd", 64, 32),
    part("num-outbound-streams", 96, 16),
    part("num-inbound-streams", 112, 16),
    part("initial-tsn", 128, 32),
];

static SCTP_CHUNKS: &[(u8, Header)] = &[
    (
        0,
        Header {
            name: "data",
            parts: &[
                CHUNK_TYPE,
                CHUNK_FLAGS,
                CHUNK_LENGTH,
                part("tsn", 32, 32),
                part("stream", 64, 16),
                part("ssn", 80, 16),
                part("ppid", 96, 32),
            ],
        },
    ),
    (1, Header { name: "init", parts: CHUNK_INIT }),
    (2, Header { name: "init-ack", parts: CHUNK_INIT }),
    (
        3,
        Header {
            name: "sack",
            parts: &[
                CHUNK_TYPE,
                CHUNK_FLAGS,
                CHUNK_LENGTH,
                part("cum-tsn-ack", 32, 32),
                part("a-rwnd", 64, 32),
                part("num-gap-ack-blocks", 96, 16),
                part("num-dup-tsns", 112, 16),
            ],
        },
    ),
    (4, Header { name: "heartbeat", parts: CHUNK }),
    (5, Header { name: "heartbeat-ack", parts: CHUNK }),
    (6, Header { name: "abort", parts: CHUNK }),
    (7, Header { name: "shutdown", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("cum-tsn-ack", 32, 32)] }),
    (8, Header { name: "shutdown-ack", parts: CHUNK }),
    (9, Header { name: "error", parts: CHUNK }),
    (10, Header { name: "cookie-echo", parts: CHUNK }),
    (11, Header { name: "cookie-ack", parts: CHUNK }),
    (12, Header { name: "ecne", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("lowest-tsn", 32, 32)] }),
    (13, Header { name: "cwr", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("lowest-tsn", 32, 32)] }),
    (14, Header { name: "shutdown-complete", parts: CHUNK }),
    (0x80, Header { name: "asconf-ack", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("seqno", 32, 32)] }),
    (0xc0, Header { name: "forward-tsn", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("new-cum-tsn", 32, 32)] }),
    (0xc1, Header { name: "asconf", parts: &[CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH, part("seqno", 32, 32)] }),
];

fn in_table(table: &'static [(u8, Header)], kind: u8) -> Vec<&'static Header> {
    table.iter().filter(|(k, _)| *k == kind).map(|(_, header)| header).collect()
}

/// The headers that this operation and type may mean; the first is the usual one.
pub fn headers(op: u32, kind: u8) -> Vec<&'static Header> {
    match (op, kind) {
        (IPV6, 0) => vec![&HOP_BY_HOP],
        (IPV6, 43) => vec![&ROUTING, &SEGMENTS, &ROUTING_0],
        (IPV6, 44) => vec![&FRAGMENT],
        (IPV6, 60) => vec![&DESTINATION],
        (IPV6, 135) => vec![&MOBILITY],
        (TCP, _) => in_table(TCP_OPTIONS, kind),
        (IPV4, _) => in_table(IP_OPTIONS, kind),
        (SCTP, _) => in_table(SCTP_CHUNKS, kind),
        _ => Vec::new(),
    }
}

/// The header and the part of it that lies at this place.
pub fn find(op: u32, kind: u8, offset: u32, bits: u32) -> Option<(&'static Header, Part)> {
    // The second to fourth block of a SACK option repeat the first one's fields.
    let offset = if op == TCP && kind == 5 && offset >= 80 { 16 + (offset - 16) % 64 } else { offset };
    headers(op, kind)
        .into_iter()
        .find_map(|header| header.parts.iter().find(|p| p.offset == offset && p.bits == bits).map(|part| (header, *part)))
}
