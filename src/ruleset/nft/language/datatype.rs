//! nft's data types: what a constant stands for, and so how it is written.

use super::symbols::{self, Symbols};

/// Which byte comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Not known: treated as [`Order::Big`].
    Unknown,
    Host,
    Big,
}

/// What the values of a type are at bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Number,
    Bitmask,
    Text,
    Verdict,
}

/// How a number of a type is written if it has no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Decimal,
    /// Hexadecimal with at least so many digits.
    Hex(usize),
    LinkAddress,
    Ipv4,
    Ipv6,
    Duration,
    Interface,
    ClassId,
    /// The number of the lowest bit.
    BitNumber,
    Date,
    Hour,
    Invalid,
}

/// A data type.
#[derive(Debug)]
pub struct Type {
    /// nft's number of it, as in the kernel's description of a set.
    pub id: u32,
    pub name: &'static str,
    /// 0: as wide as the value.
    pub bits: u32,
    pub order: Order,
    pub base: Base,
    pub style: Style,
    pub symbols: Symbols,
    /// Names are written in quotes.
    pub quoted: bool,
    /// A mask of leading ones is written as a prefix length.
    pub prefixes: bool,
}

/// A type of the table below; types are compared by identity of their entry.
pub type Datatype = &'static Type;

macro_rules! types {
    ($($constant:ident = $id:literal $name:literal $bits:literal $order:ident $base:ident $style:expr, $symbols:expr $(, $flag:ident)*;)*) => {
        $(#[allow(non_upper_case_globals, reason = "these read as names of types")]
        pub static $constant: Type = {
            #[allow(unused_mut, reason = "most types carry no flag")]
            let mut t = Type { id: $id, name: $name, bits: $bits, order: Order::$order, base: Base::$base, style: $style, symbols: $symbols,
                quoted: false, prefixes: false };
            $(t.$flag = true;)*
            t
        };)*
        const ALL: &[Datatype] = &[$(&$constant),*];
    };
}

use Style::{BitNumber, ClassId, Date, Decimal, Duration, Hex, Hour, Interface, Ipv4, Ipv6, LinkAddress};

types! {
    INVALID = 0 "invalid" 0 Unknown Number Style::Invalid, &[];
    VERDICT = 1 "verdict" 0 Unknown Verdict Decimal, &[];
    NF_PROTO = 2 "nf_proto" 8 Unknown Number Decimal, symbols::NF_PROTO;
    BITMASK = 3 "bitmask" 0 Unknown Number Hex(0), &[];
    INTEGER = 4 "integer" 0 Unknown Number Decimal, &[];
    TEXT = 5 "string" 0 Host Text Decimal, &[];
    LINK_ADDRESS = 6 "ll_addr" 0 Big Number LinkAddress, &[];
    IPV4_ADDR = 7 "ipv4_addr" 32 Big Number Ipv4, &[], prefixes;
    IPV6_ADDR = 8 "ipv6_addr" 128 Big Number Ipv6, &[], prefixes;
    ETHER_ADDR = 9 "ether_addr" 48 Big Number LinkAddress, &[];
    ETHER_TYPE = 10 "ether_type" 16 Big Number Hex(4), symbols::ETHER_TYPE;
    ARP_OPERATION = 11 "arp_op" 16 Big Number Decimal, symbols::ARP_OPERATION;
    INET_PROTO = 12 "inet_proto" 8 Unknown Number Decimal, crate::ruleset::protocols::PROTOCOLS;
    INET_SERVICE = 13 "inet_service" 16 Big Number Decimal, &[];
    ICMP_TYPE = 14 "icmp_type" 8 Big Number Decimal, symbols::ICMP_TYPE;
    TCP_FLAG = 15 "tcp_flag" 8 Big Bitmask Hex(0), symbols::TCP_FLAG;
    DCCP_TYPE = 16 "dccp_pkttype" 4 Unknown Number Decimal, symbols::DCCP_TYPE;
    MOBILITY_TYPE = 17 "mh_type" 8 Big Number Decimal, symbols::MOBILITY_TYPE;
    TIME = 18 "time" 32 Host Number Duration, &[];
    MARK = 19 "mark" 32 Host Number Hex(8), &[], prefixes;
    IFACE_INDEX = 20 "iface_index" 32 Host Number Interface, &[];
    IFACE_TYPE = 21 "iface_type" 16 Host Number Decimal, symbols::HARDWARE_TYPE;
    REALM = 22 "realm" 32 Host Number Decimal, symbols::REALM, quoted;
    CLASS_ID = 23 "classid" 32 Host Number ClassId, &[];
    UID = 24 "uid" 32 Host Number Decimal, &[];
    GID = 25 "gid" 32 Host Number Decimal, &[];
    CT_STATE = 26 "ct_state" 32 Host Bitmask Hex(0), symbols::CT_STATE;
    CT_DIRECTION = 27 "ct_dir" 8 Unknown Number Decimal, symbols::CT_DIRECTION;
    CT_STATUS = 28 "ct_status" 32 Host Bitmask Hex(0), symbols::CT_STATUS;
    ICMP6_TYPE = 29 "icmpv6_type" 8 Big Number Decimal, symbols::ICMP6_TYPE;
    CT_LABEL = 30 "ct_label" 128 Host Bitmask BitNumber, &[];
    PACKET_TYPE = 31 "pkt_type" 8 Host Number Decimal, symbols::PACKET_TYPE;
    ICMP_CODE = 32 "icmp_code" 8 Big Number Decimal, symbols::ICMP_CODE;
    ICMP6_CODE = 33 "icmpv6_code" 8 Big Number Decimal, symbols::ICMP6_CODE;
    ICMPX_CODE = 34 "icmpx_code" 8 Big Number Decimal, symbols::ICMPX_CODE;
    DEVICE_GROUP = 35 "devgroup" 32 Host Number Decimal, symbols::DEVICE_GROUP, quoted, prefixes;
    DSCP = 36 "dscp" 6 Big Number Hex(2), symbols::DSCP;
    ECN = 37 "ecn" 2 Big Number Hex(1), symbols::ECN;
    FIB_ADDRESS_TYPE = 38 "fib_addrtype" 32 Host Number Decimal, symbols::ADDRESS_TYPE;
    BOOLEAN = 39 "boolean" 1 Unknown Number Decimal, symbols::BOOLEAN;
    CT_EVENT = 40 "ct_event" 32 Host Bitmask Hex(0), symbols::CT_EVENT;
    IFNAME = 41 "ifname" 128 Host Text Decimal, &[];
    IGMP_TYPE = 42 "igmp_type" 8 Big Number Decimal, symbols::IGMP_TYPE;
    DATE = 43 "time" 64 Host Number Date, &[];
    HOUR = 44 "hour" 32 Host Number Hour, &[];
    WEEKDAY = 45 "day" 8 Big Number Decimal, symbols::WEEKDAY, quoted;
    CGROUP_V2 = 46 "cgroupsv2" 64 Host Number Decimal, &[];
}

/// A raw payload: an integer in hexadecimal. Shares its number with [`INTEGER`].
pub static HEX_INTEGER: Type = Type {
    id: 4,
    name: "integer",
    bits: 0,
    order: Order::Unknown,
    base: Base::Number,
    style: Hex(0),
    symbols: &[],
    quoted: false,
    prefixes: false,
};

/// The type with this number.
pub fn by_id(id: u32) -> Option<Datatype> {
    // The kernel has a number of its own for verdicts.
    if id == 0xffff_ff00 {
        return Some(&VERDICT);
    }
    ALL.iter().find(|t| t.id == id).copied()
}

/// The type of this name; of two that share one, the first.
pub fn by_name(name: &str) -> Option<Datatype> {
    if name == "verdict" {
        return Some(&VERDICT);
    }
    ALL.iter().find(|t| t.name == name).copied()
}

/// The number of a set whose keys are of these types, the inverse of [`parts_of`].
pub fn id_of(parts: impl Iterator<Item = Datatype>) -> u32 {
    parts.fold(0, |id, part| (id << 6) | part.id)
}

/// The types that a set's number stands for: one, or several for a concatenation, six bits each, the first highest.
pub fn parts_of(id: u32) -> Vec<Datatype> {
    if id < 64 || id == 0xffff_ff00 {
        return vec![by_id(id).unwrap_or(&INVALID)];
    }
    let mut shift = 30;
    let mut parts = Vec::new();
    loop {
        let part = (id >> shift) & 63;
        if part != 0 || !parts.is_empty() {
            parts.push(by_id(part).unwrap_or(&INVALID));
        }
        if shift == 0 {
            return parts;
        }
        shift -= 6;
    }
}

/// True if both are the same type.
pub fn same(a: Datatype, b: Datatype) -> bool {
    std::ptr::eq(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_six_bits_is_one_type_and_more_are_a_concatenation() {
        assert_eq!(parts_of(7).iter().map(|t| t.name).collect::<Vec<_>>(), ["ipv4_addr"]);
        assert_eq!(parts_of((7 << 6) | 13).iter().map(|t| t.name).collect::<Vec<_>>(), ["ipv4_addr", "inet_service"]);
        assert_eq!(parts_of(0xffff_ff00)[0].name, "verdict");
    }
}
