//! TCP connections that programs of this host made, or wait for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use nix::sys::socket::SockProtocol;

use super::{Ended, Error, Socket, Watch, sockets};
use crate::snapshot::messages::Walk;

const TCP_ESTABLISHED: u8 = 1;
const TCP_SYN_SENT: u8 = 2;

/// A socket takes some 100 bytes of it.
const MOST_BYTES: usize = 8 << 20;

/// A connection, as its socket tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    pub local_port: u16,
    pub to: SocketAddr,
    /// It waits for an answer to its first packet.
    pub waiting: bool,
    /// How often its first packet, or another, was sent again (`icsk_retransmits`).
    pub retransmits: u8,
    pub uid: u32,
    pub inode: u32,
}

/// Sockets that wait first, then those that are established; false if there were too many to read.
pub fn read() -> Result<(Vec<Connection>, bool), Error> {
    let mut socket = Socket::open(SockProtocol::NetlinkSockDiag)?;
    let (mut connections, mut whole) = (Vec::new(), true);
    for state in [TCP_SYN_SENT, TCP_ESTABLISHED] {
        for family in [sockets::AF_INET, sockets::AF_INET6] {
            let mut bytes = Vec::new();
            let mut request = sockets::request("TCP connections", sockets::IPPROTO_TCP, family, 1 << state);
            whole &= socket.dump_while(&mut request, &mut bytes, &mut Enough(0))? == Ended::Whole;
            connections.extend(Walk::new(&bytes).map_while(Result::ok).filter_map(|message| connection(message.payload)));
        }
    }
    Ok((connections, whole))
}

/// Ends a dump that brings too much.
struct Enough(usize);

impl Watch for Enough {
    fn begin(&mut self) {
        self.0 = 0;
    }

    fn go_on(&mut self, brought: &[u8]) -> bool {
        self.0 += brought.len();
        self.0 < MOST_BYTES
    }
}

/// From a `struct inet_diag_msg`: family, state, timer, retransmits; ports, addresses, interface and cookie; expiry, queues, user, inode.
fn connection(message: &[u8]) -> Option<Connection> {
    let [family, state, _, retransmits, id @ ..] = message.first_chunk::<72>()?;
    let port = |at: usize| Some(u16::from_be_bytes(*id.get(at..)?.first_chunk()?));
    let number = |at: usize| Some(u32::from_ne_bytes(*message.get(at..)?.first_chunk()?));
    let address: IpAddr = match *family {
        sockets::AF_INET => IpAddr::from(*id.get(20..)?.first_chunk::<4>()?),
        sockets::AF_INET6 => Ipv6Addr::from(*id.get(20..)?.first_chunk::<16>()?).to_canonical(),
        _ => return None,
    };
    Some(Connection {
        local_port: port(0)?,
        to: SocketAddr::new(address, port(2)?),
        waiting: *state == TCP_SYN_SENT,
        retransmits: *retransmits,
        uid: number(64)?,
        inode: number(68)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_waits() {
        let mut message = vec![0u8; 72];
        message[..4].copy_from_slice(&[10, 2, 1, 3]);
        message[4..8].copy_from_slice(&[0x9c, 0x40, 0x1f, 0x90]);
        message[24..40].copy_from_slice(&"::ffff:10.0.0.5".parse::<Ipv6Addr>().expect("an address").octets());
        message[64..68].copy_from_slice(&33u32.to_ne_bytes());
        message[68..72].copy_from_slice(&4711u32.to_ne_bytes());
        let to = "10.0.0.5:8080".parse().expect("an address");
        let wanted = Connection { local_port: 40000, to, waiting: true, retransmits: 3, uid: 33, inode: 4711 };
        assert_eq!(connection(&message), Some(wanted));
        assert_eq!(connection(&message[..71]), None);
        message[0] = 1;
        assert_eq!(connection(&message), None);
    }
}
