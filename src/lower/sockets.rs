//! Sockets to model: which of them take packets of one IP version.

use std::net::IpAddr;

use super::routing::number;
use crate::{
    model::{IpVersion, Socket},
    network::{ListeningSocket, Network},
};

/// The sockets that take packets of one IP version.
#[must_use]
pub fn lower(network: &Network, version: IpVersion) -> Vec<Socket> {
    network.sockets.iter().enumerate().filter_map(|(at, socket)| self::socket(at, socket, version)).collect()
}

fn socket(at: usize, socket: &ListeningSocket, version: IpVersion) -> Option<Socket> {
    // `::` takes IPv4 too unless it is v6only; an IPv4-mapped address takes nothing else.
    let dual = matches!(socket.address, IpAddr::V6(address) if address.is_unspecified()) && !socket.v6only;
    let address = own(socket.address, version);
    if address.is_none() && !(dual && version == IpVersion::V4) {
        return None;
    }
    let peer = match socket.peer {
        Some((peer, port)) => Some((own(peer, version)?, port)),
        None => None,
    };
    Some(Socket {
        number: at,
        protocol: socket.protocol,
        address: address.filter(|address| *address != 0),
        port: socket.port,
        device: socket.device,
        dual: matches!(socket.address, IpAddr::V6(_)) && version == IpVersion::V4,
        peer,
        uid: socket.uid,
    })
}

/// The address as this version sees it.
fn own(address: IpAddr, version: IpVersion) -> Option<u128> {
    match (version, address) {
        (IpVersion::V4, IpAddr::V6(mapped)) => mapped.to_ipv4_mapped().map(|address| u32::from(address).into()),
        (IpVersion::V6, IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => None,
        (_, address) => number(address, version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(address: &str, v6only: bool) -> Network {
        let address = address.parse().expect("an address");
        let socket = ListeningSocket { protocol: 6, address, port: 80, v6only, device: None, uid: 0, inode: 1, peer: None, queue: None };
        Network { sockets: vec![socket], ..Network::default() }
    }

    #[test]
    fn an_ipv6_wildcard_takes_ipv4_unless_it_is_v6only() {
        let seen = |address: &str, v6only, version| lower(&listening(address, v6only), version).first().map(|socket| socket.address);
        assert_eq!(seen("::", false, IpVersion::V4), Some(None));
        assert_eq!(seen("::", true, IpVersion::V4), None);
        assert_eq!(seen("::1", false, IpVersion::V4), None);
        assert_eq!(seen("::ffff:10.0.0.1", false, IpVersion::V4), Some(Some(0x0a00_0001)));
        assert_eq!(seen("::ffff:10.0.0.1", false, IpVersion::V6), None);
        assert_eq!(seen("0.0.0.0", false, IpVersion::V6), None);
    }
}
