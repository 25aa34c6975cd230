//! Packets that the host under test sends itself.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, setsockopt, socket, sockopt};

use crate::packet::Packet;

/// Raw sockets that take whole IP packets.
pub struct Sender {
    v4: OwnedFd,
    v6: OwnedFd,
}

impl Sender {
    /// Opens them in the thread's namespace.
    pub fn open() -> io::Result<Self> {
        let open = |family| socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw);
        let sender = Self { v4: open(AddressFamily::Inet)?, v6: open(AddressFamily::Inet6)? };
        setsockopt(&sender.v4, sockopt::Broadcast, &true)?;
        Ok(sender)
    }

    /// Sends one. A refusal is no error: a packet dropped in output is one (`nf_hook_slow`), and so is a route that does not exist.
    pub fn send(&self, packet: &Packet, checksums: bool) -> io::Result<()> {
        let fd = if packet.destination.is_ipv4() { &self.v4 } else { &self.v6 };
        setsockopt(fd, sockopt::Mark, &packet.mark)?;
        // Port 0: a raw IPv6 socket refuses another (`rawv6_sendmsg`).
        let to: IpAddr = packet.destination;
        match sendto(fd.as_raw_fd(), &packet.bytes(checksums), &SockaddrStorage::from(SocketAddr::new(to, 0)), MsgFlags::empty()) {
            Ok(_) => Ok(()),
            Err(Errno::EPERM | Errno::EACCES | Errno::EINVAL | Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::ECONNREFUSED) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
