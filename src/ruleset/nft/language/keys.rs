//! What `meta`, `ct`, `rt` and `socket` can be asked for: the word, type and width of each key.

use super::datatype::{self as types, Datatype, Order};
use super::protocol::Layer;

/// A key of an expression that loads something other than packet bytes.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub token: &'static str,
    pub datatype: Datatype,
    pub bits: u32,
    pub order: Order,
    /// A comparison with this key tells which protocol is above this layer.
    pub tells: Option<Layer>,
}

const fn key(token: &'static str, datatype: Datatype, bits: u32, order: Order) -> Key {
    Key { token, datatype, bits, order, tells: None }
}

const fn host(token: &'static str, datatype: Datatype, bits: u32) -> Key {
    key(token, datatype, bits, Order::Host)
}

const fn telling(key: Key, layer: Layer) -> Key {
    Key { tells: Some(layer), ..key }
}

/// `NFT_META_*`; the token holds `meta` where nft writes it.
pub fn meta(number: u32) -> Option<Key> {
    Some(match number {
        0 => host("meta length", &types::INTEGER, 32),
        1 => telling(key("meta protocol", &types::ETHER_TYPE, 16, Order::Big), Layer::Link),
        2 => host("meta priority", &types::CLASS_ID, 32),
        3 => host("meta mark", &types::MARK, 32),
        4 => host("iif", &types::IFACE_INDEX, 32),
        5 => host("oif", &types::IFACE_INDEX, 32),
        6 => host("iifname", &types::IFNAME, 128),
        7 => host("oifname", &types::IFNAME, 128),
        8 => telling(host("meta iiftype", &types::IFACE_TYPE, 16), Layer::None),
        9 => telling(host("meta oiftype", &types::IFACE_TYPE, 16), Layer::None),
        10 => host("meta skuid", &types::UID, 32),
        11 => host("meta skgid", &types::GID, 32),
        12 => host("meta nftrace", &types::INTEGER, 8),
        13 => host("meta rtclassid", &types::REALM, 32),
        14 => host("meta secmark", &types::INTEGER, 32),
        15 => telling(host("meta nfproto", &types::NF_PROTO, 8), Layer::Link),
        16 => telling(host("meta l4proto", &types::INET_PROTO, 8), Layer::Network),
        17 => host("meta ibrname", &types::IFNAME, 128),
        18 => host("meta obrname", &types::IFNAME, 128),
        19 => host("meta pkttype", &types::PACKET_TYPE, 8),
        20 => host("meta cpu", &types::INTEGER, 32),
        21 => host("iifgroup", &types::DEVICE_GROUP, 32),
        22 => host("oifgroup", &types::DEVICE_GROUP, 32),
        23 => host("meta cgroup", &types::INTEGER, 32),
        24 => key("meta random", &types::INTEGER, 32, Order::Big),
        25 => host("meta ipsec", &types::BOOLEAN, 8),
        26 => host("meta iifkind", &types::IFNAME, 128),
        27 => host("meta oifkind", &types::IFNAME, 128),
        28 => host("meta ibrpvid", &types::INTEGER, 16),
        29 => key("meta ibrvproto", &types::ETHER_TYPE, 16, Order::Big),
        30 => host("meta time", &types::DATE, 64),
        31 => key("meta day", &types::WEEKDAY, 8, Order::Host),
        32 => host("meta hour", &types::HOUR, 32),
        33 => host("meta sdif", &types::IFACE_INDEX, 32),
        34 => host("meta sdifname", &types::IFNAME, 128),
        35 => host("meta broute", &types::INTEGER, 8),
        _ => return None,
    })
}

/// `NFT_CT_*`; the token lacks the leading `ct`.
pub fn ct(number: u32) -> Option<Key> {
    Some(match number {
        0 => host("state", &types::CT_STATE, 32),
        1 => host("direction", &types::CT_DIRECTION, 8),
        2 => host("status", &types::CT_STATUS, 32),
        3 => host("mark", &types::MARK, 32),
        4 => host("secmark", &types::INTEGER, 32),
        5 => host("expiration", &types::TIME, 32),
        6 => host("helper", &types::TEXT, 128),
        7 => telling(host("l3proto", &types::NF_PROTO, 8), Layer::Link),
        8 => key("saddr", &types::INVALID, 0, Order::Big),
        9 => key("daddr", &types::INVALID, 0, Order::Big),
        10 => telling(key("protocol", &types::INET_PROTO, 8, Order::Big), Layer::Network),
        11 => key("proto-src", &types::INVALID, 16, Order::Big),
        12 => key("proto-dst", &types::INVALID, 16, Order::Big),
        13 => host("label", &types::CT_LABEL, 128),
        14 => host("packets", &types::INTEGER, 64),
        15 => host("bytes", &types::INTEGER, 64),
        16 => host("avgpkt", &types::INTEGER, 64),
        17 => host("zone", &types::INTEGER, 16),
        18 => host("event", &types::CT_EVENT, 32),
        19 => key("ip saddr", &types::IPV4_ADDR, 32, Order::Big),
        20 => key("ip daddr", &types::IPV4_ADDR, 32, Order::Big),
        21 => key("ip6 saddr", &types::IPV6_ADDR, 128, Order::Big),
        22 => key("ip6 daddr", &types::IPV6_ADDR, 128, Order::Big),
        23 => key("id", &types::INTEGER, 32, Order::Big),
        _ => return None,
    })
}

/// `NFT_RT_*`, with the leading `rt`.
pub fn rt(number: u32) -> Option<Key> {
    Some(match number {
        0 => host("rt classid", &types::REALM, 32),
        1 => key("rt ip nexthop", &types::IPV4_ADDR, 32, Order::Big),
        2 => key("rt ip6 nexthop", &types::IPV6_ADDR, 128, Order::Big),
        3 => host("rt mtu", &types::INTEGER, 16),
        4 => host("rt ipsec", &types::BOOLEAN, 8),
        _ => return None,
    })
}

/// `NFT_SOCKET_*`, with the leading `socket`.
pub fn socket(number: u32) -> Option<Key> {
    Some(match number {
        0 => host("socket transparent", &types::INTEGER, 8),
        1 => host("socket mark", &types::MARK, 32),
        2 => host("socket wildcard", &types::INTEGER, 8),
        3 => host("socket cgroupv2", &types::CGROUP_V2, 64),
        _ => return None,
    })
}
