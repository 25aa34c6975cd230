//! Keeps connection tracking from knowing the next packet.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};

use crate::packet::{Packet, Tuple};

/// Flushes connections, but only when the next packet could belong to one: a flush walks the kernel's whole table.
pub struct Flusher {
    netlink: OwnedFd,
    seen: HashSet<Tuple>,
}

impl Flusher {
    /// Opens it in the thread's namespace.
    pub fn open() -> io::Result<Self> {
        let netlink = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkNetFilter)?;
        Ok(Self { netlink, seen: HashSet::new() })
    }

    /// Sees to it that the packet is the first of its connection.
    pub fn make_new(&mut self, packet: &Packet) -> io::Result<()> {
        let tuple = packet.tuple();
        if self.seen.contains(&tuple) || self.seen.contains(&tuple.reversed()) {
            self.flush()?;
        }
        self.seen.insert(tuple);
        Ok(())
    }

    /// Forgets every connection (`ctnetlink_del_conntrack` without a tuple).
    pub fn flush(&mut self) -> io::Result<()> {
        const NFNL_SUBSYS_CTNETLINK: u8 = 1;
        const IPCTNL_MSG_CT_DELETE: u8 = 2;
        const NLM_F_REQUEST_ACK: u8 = 1 | 4;
        self.seen.clear();
        let mut message = [0u8; 20];
        message[0] = 20;
        message[4] = IPCTNL_MSG_CT_DELETE;
        message[5] = NFNL_SUBSYS_CTNETLINK;
        message[6] = NLM_F_REQUEST_ACK;
        sendto(self.netlink.as_raw_fd(), &message, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut answer = [0u8; 256];
        let length = recv(self.netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
        match answer.get(16..20).filter(|_| length >= 20) {
            Some([0, 0, 0, 0]) => Ok(()),
            code => Err(io::Error::other(format!("conntrack flush answered {code:?}"))),
        }
    }
}
