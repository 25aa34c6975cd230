//! The far end of a link: a packet socket that puts frames on it and sees what comes.

use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrLike as _, bind, recvfrom, send, setsockopt, socket,
    sockopt,
};

const OUTGOING: u8 = 4;

/// One far end.
pub struct Wire(OwnedFd);

impl Wire {
    /// Opens it; the thread must be in its namespace.
    pub fn open(interface: &str) -> io::Result<Self> {
        let fd = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, SockProtocol::EthAll)?;
        setsockopt(&fd, sockopt::RcvBufForce, &(8 << 20))?;
        bind(fd.as_raw_fd(), &address(interface)?)?;
        Ok(Self(fd))
    }

    /// Puts a frame on the link.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        send(self.0.as_raw_fd(), frame, MsgFlags::empty())?;
        Ok(())
    }

    /// Hands over every IP packet that has arrived.
    pub fn drain(&self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; 65536];
        loop {
            match recvfrom::<LinkAddr>(self.0.as_raw_fd(), &mut buffer) {
                Ok((_, Some(from))) if from.pkttype() == OUTGOING => {}
                Ok((length, _)) => {
                    if let [_, _, _, _, _, _, _, _, _, _, _, _, 0x08 | 0x86, 0x00 | 0xdd, packet @ ..] = &buffer[..length] {
                        each(packet);
                    }
                }
                Err(nix::errno::Errno::EAGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The address of a packet socket on an interface, as the system itself writes it.
fn address(interface: &str) -> io::Result<LinkAddr> {
    nix::ifaddrs::getifaddrs()?
        .filter(|entry| entry.interface_name == interface)
        .filter_map(|entry| entry.address)
        .find_map(|address| address.as_link_addr().filter(|link| link.family() == Some(AddressFamily::Packet)).copied())
        .ok_or_else(|| io::Error::other(format!("no interface {interface}")))
}

/// Tells when everything sent before is through.
///
/// Virtual links and loopback queue packets on the processor that sends them, in order. A datagram to oneself that has come back proves
/// that what was queued before it is handled; each turn covers one more link that a packet crosses.
pub struct Marker(UdpSocket);

impl Marker {
    /// Opens it; the thread must be in the peers' namespace.
    pub fn open() -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(socket.local_addr()?)?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(socket))
    }

    /// Waits until all is quiet.
    pub fn settle(&self) -> io::Result<()> {
        // Peer to host, host to itself, host to peer, and one for answers to answers.
        for _ in 0..4 {
            self.0.send(&[0])?;
            self.0.recv(&mut [0])?;
        }
        Ok(())
    }
}
