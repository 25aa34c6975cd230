//! Interfaces.

use netlink_packet_route::link::{InfoBridge, InfoData, LinkAttribute, LinkFlags, LinkInfo, LinkLayerType, LinkMessage, Prop};

use super::Reason;
use crate::network::Link;

/// Links whose receivers are known without asking (`ndisc_constructor`).
const UNRESOLVED: LinkFlags = LinkFlags::Loopback.union(LinkFlags::Pointopoint).union(LinkFlags::Noarp);

pub(super) fn link(message: LinkMessage) -> Result<Option<Link>, Reason> {
    let header = message.header;
    let mut link = Link {
        index: header.index,
        hardware: header.link_layer_type.into(),
        up: header.flags.contains(LinkFlags::Up),
        loopback: header.flags.contains(LinkFlags::Loopback),
        resolves: header.link_layer_type == LinkLayerType::Ether && !header.flags.intersects(UNRESOLVED),
        ..Link::default()
    };
    let (mut namespace, mut other) = (None, None);
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::LinkNetNsId(id) => namespace = Some(id),
            LinkAttribute::Link(index) => other = Some(index),
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Address(bytes) => link.mac = bytes.try_into().ok(),
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Group(group) => link.group = group,
            LinkAttribute::Controller(index) => link.master = (index != 0).then_some(index),
            LinkAttribute::LinkInfo(infos) => {
                link.kind = infos.iter().find_map(|info| if let LinkInfo::Kind(kind) = info { Some(kind.to_string()) } else { None });
                link.calls_rules = calls_rules(&infos);
            }
            LinkAttribute::PropList(properties) => {
                link.alternative_names = properties
                    .into_iter()
                    .filter_map(|property| if let Prop::AltIfName(name) = property { Some(name) } else { None })
                    .collect();
            }
            // The rest (queues, offloads, bridge ports…) does not decide where packets go.
            _ => {}
        }
    }
    link.peer = namespace.zip(other);
    if link.name.is_empty() { Err(format!("interface {} has no name", link.index)) } else { Ok(Some(link)) }
}

/// `IFLA_BR_NF_CALL_IPTABLES` and `IFLA_BR_NF_CALL_IP6TABLES`.
fn calls_rules(infos: &[LinkInfo]) -> [bool; 2] {
    let mut calls = [false; 2];
    let of_bridges =
        infos.iter().filter_map(|info| if let LinkInfo::Data(InfoData::Bridge(options)) = info { Some(options) } else { None });
    for option in of_bridges.flatten() {
        match option {
            InfoBridge::NfCallIpTables(on) => calls[0] = *on,
            InfoBridge::NfCallIp6Tables(on) => calls[1] = *on,
            _ => {}
        }
    }
    calls
}
