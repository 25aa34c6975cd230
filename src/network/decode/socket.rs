//! Sockets that take packets.

use netlink_packet_sock_diag::inet::{InetResponse, nlas::Nla};

use super::Reason;
use crate::network::ListeningSocket;

const TCP: u8 = 6;
const UDP: u8 = 17;
const TCP_LISTEN: u8 = 10;

pub(super) fn socket(message: InetResponse) -> Result<Option<ListeningSocket>, Reason> {
    let header = message.header;
    let id = header.socket_id;
    // Asked were listening TCP sockets and UDP sockets, which never listen; the answer itself doesn't tell the protocol.
    let protocol = if header.state == TCP_LISTEN { TCP } else { UDP };
    // A UDP socket that is not bound to a port receives nothing.
    if id.source_port == 0 {
        return Ok(None);
    }
    Ok(Some(ListeningSocket {
        protocol,
        address: id.source_address,
        port: id.source_port,
        v6only: message.nlas.iter().any(|attribute| matches!(attribute, Nla::SkV6Only(true))),
        device: (id.interface_id != 0).then_some(id.interface_id),
        uid: header.uid,
        inode: header.inode,
        peer: (protocol == UDP && id.destination_port != 0).then_some((id.destination_address, id.destination_port)),
        // Of listening sockets `tcp_diag_get_info` tells the backlog.
        queue: (protocol == TCP).then_some((header.recv_queue, header.send_queue)),
    }))
}
