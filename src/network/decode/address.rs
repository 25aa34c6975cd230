//! Addresses of interfaces.

use std::net::IpAddr;

use netlink_packet_route::address::{AddressAttribute, AddressMessage};

use super::{Reason, net};
use crate::network::Address;

pub(super) fn address(message: AddressMessage) -> Result<Option<Address>, Reason> {
    let header = message.header;
    let (mut local, mut other, mut broadcast, mut flags) = (None, None, None, u32::from(header.flags.bits()));
    for attribute in message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(address),
            AddressAttribute::Address(address) => other = Some(address),
            AddressAttribute::Broadcast(address) => broadcast = Some(IpAddr::V4(address)),
            AddressAttribute::Flags(all) => flags = all.bits(),
            // IPv6 multicast and anycast addresses come only to those who ask for them; labels and lifetimes decide nothing.
            _ => {}
        }
    }
    // IPv6 says IFA_ADDRESS alone, or both with a peer; IPv4 both, alike but with a peer (`inet_fill_ifaddr`, `inet6_fill_ifaddr`). The
    // prefix is the peer's.
    let (local, peer) = match (local, other) {
        (Some(local), Some(peer)) if peer != local => (local.into(), Some(net(peer, header.prefix_len)?)),
        (Some(local), _) | (None, Some(local)) => (net(local, header.prefix_len)?, None),
        (None, None) => return Err(format!("interface {} has an address without a value", header.index)),
    };
    Ok(Some(Address { link: header.index, local, peer, broadcast, scope: header.scope.into(), flags }))
}
