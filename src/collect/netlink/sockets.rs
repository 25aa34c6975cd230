//! Sockets that take packets from outside: listening TCP, and UDP.

use nix::sys::socket::SockProtocol;

use super::{Error, Request, Socket};
use crate::snapshot::Messages;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
pub(super) const AF_INET: u8 = 2;
pub(super) const AF_INET6: u8 = 10;
pub(super) const IPPROTO_TCP: u8 = 6;
const IPPROTO_UDP: u8 = 17;
const TCP_ESTABLISHED: u32 = 1;
const TCP_CLOSE: u32 = 7;
const TCP_LISTEN: u32 = 10;

/// Asks sock_diag for them. The answers (`inet_diag_msg`) do not tell the protocol: listening means TCP, anything else UDP.
pub fn read() -> Result<Messages, Error> {
    let mut socket = Socket::open(SockProtocol::NetlinkSockDiag)?;
    let mut bytes = Vec::new();
    for (what, protocol, states) in [
        ("listening TCP sockets", IPPROTO_TCP, 1u32 << TCP_LISTEN),
        // UDP is in state "closed" until it is connected (`inet_diag.h`, `udp_diag.c`).
        ("UDP sockets", IPPROTO_UDP, 1 << TCP_CLOSE | 1 << TCP_ESTABLISHED),
    ] {
        for family in [AF_INET, AF_INET6] {
            socket.dump(&mut request(what, protocol, family, states), &mut bytes)?;
        }
    }
    bytes.shrink_to_fit();
    Ok(Messages(bytes))
}

/// For the sockets of a protocol and family in these states, a bit each.
pub(super) fn request(what: &'static str, protocol: u8, family: u8, states: u32) -> Request {
    // `struct inet_diag_req_v2`: family, protocol, extensions, padding, states, socket id (48 bytes).
    let mut head = [0; 56];
    head[0..2].copy_from_slice(&[family, protocol]);
    head[4..8].copy_from_slice(&states.to_ne_bytes());
    Request::dump(what, SOCK_DIAG_BY_FAMILY, &head)
}

/// Inodes of the sockets in `messages`: the last of the 72 bytes of `struct inet_diag_msg`.
pub fn inodes(messages: &Messages) -> impl Iterator<Item = u32> {
    messages
        .iter()
        .map_while(Result::ok)
        .filter_map(|message| message.payload.get(68..72)?.first_chunk().map(|inode| u32::from_ne_bytes(*inode)))
}

/// Ports of listening TCP sockets in `messages`.
pub fn listening(messages: &Messages) -> impl Iterator<Item = u16> {
    let port = |message: &[u8]| {
        let [_, state, _, _, high, low, ..] = message.first_chunk::<72>()?;
        (u32::from(*state) == TCP_LISTEN).then_some(u16::from_be_bytes([*high, *low]))
    };
    messages.iter().map_while(Result::ok).filter_map(move |message| port(message.payload))
}
