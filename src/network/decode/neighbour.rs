//! Neighbours whose hardware addresses were set by hand.

use std::net::IpAddr;

use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState};

use super::Reason;
use crate::network::Neighbour;

pub(super) fn neighbour(message: NeighbourMessage) -> Result<Option<Neighbour>, Reason> {
    let link = message.header.ifindex;
    let set = message.header.state == NeighbourState::Permanent;
    let address = message.attributes.into_iter().find_map(|attribute| match attribute {
        NeighbourAttribute::Destination(NeighbourAddress::Inet(address)) => Some(IpAddr::V4(address)),
        NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    });
    Ok(address.filter(|_| set).map(|address| Neighbour { link, address }))
}
