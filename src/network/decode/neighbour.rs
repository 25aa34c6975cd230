//! Neighbours whose hardware addresses were set by hand, and those that did not answer.

use std::net::IpAddr;

use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState};

use super::Reason;
use crate::network::{Neighbour, Silent};

pub(super) fn neighbour(message: NeighbourMessage) -> Result<Option<Neighbour>, Reason> {
    Ok((message.header.state == NeighbourState::Permanent).then(|| whom(&message)).flatten())
}

pub(super) fn silent(message: NeighbourMessage) -> Result<Option<Silent>, Reason> {
    let attribute = |find: fn(&NeighbourAttribute) -> Option<u32>| message.attributes.iter().find_map(find);
    let asked = attribute(|each| if let NeighbourAttribute::Probes(asked) = each { Some(*asked) } else { None });
    let silent = match message.header.state {
        NeighbourState::Failed => true,
        NeighbourState::Incomplete => asked.is_some_and(|asked| asked >= ENOUGH),
        _ => false,
    };
    let updated = attribute(|each| if let NeighbourAttribute::CacheInfo(info) = each { Some(info.updated) } else { None });
    let since = updated.map_or(0, |ticks| ticks / USER_HZ);
    Ok(whom(&message).filter(|_| silent).map(|neighbour| Silent { neighbour, since }))
}

/// Questions after which a neighbour that is there has answered: they are a second apart (`RETRANS_TIME`).
const ENOUGH: u32 = 2;

/// Ticks of a second in what the kernel tells (`neigh_fill_info`).
const USER_HZ: u32 = 100;

fn whom(message: &NeighbourMessage) -> Option<Neighbour> {
    let address = message.attributes.iter().find_map(|attribute| match attribute {
        NeighbourAttribute::Destination(NeighbourAddress::Inet(address)) => Some(IpAddr::V4(*address)),
        NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)) => Some(IpAddr::V6(*address)),
        _ => None,
    })?;
    Some(Neighbour { link: message.header.ifindex, address })
}
