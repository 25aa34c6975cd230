//! A blocking netlink socket that loses nothing: it notices truncated datagrams, interrupted dumps and foreign senders.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, NetlinkAddr, SockProtocol, connect, recv},
};

use super::{Error, Request};
use crate::snapshot::messages::Walk;

/// Room for one datagram; twice of what the kernel fills at most (`netlink_dump`).
const ROOM: usize = 64 * 1024;
/// How often a dump that was interrupted by a change is begun again.
const ATTEMPTS: u32 = 8;

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSG_OVERRUN: u16 = 4;
/// `NLM_F_DUMP_INTR`.
const INTERRUPTED: u16 = 0x10;

/// A netlink socket, connected to the kernel of the thread's network namespace.
pub struct Socket {
    descriptor: OwnedFd,
    protocol: i32,
    sequence: u32,
    room: Vec<u8>,
}

/// Somebody who watches a dump come in.
pub trait Watch {
    /// The dump begins: for the first time, or again because a change interrupted it, and then what it brought before counts no more.
    fn begin(&mut self);
    /// What a datagram brought; false if that is enough.
    fn go_on(&mut self, brought: &[u8]) -> bool;
}

/// Nobody watches: everything is wanted.
struct Everything;

impl Watch for Everything {
    fn begin(&mut self) {}

    fn go_on(&mut self, _brought: &[u8]) -> bool {
        true
    }
}

/// How a dump ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything was told.
    Whole,
    /// The caller had enough.
    Abandoned,
}

impl Socket {
    /// Opens one.
    pub fn open(protocol: SockProtocol) -> Result<Self, Error> {
        Self::of(protocol as i32)
    }

    /// Opens one that speaks of IPsec (`NETLINK_XFRM`).
    pub fn xfrm() -> Result<Self, Error> {
        Self::of(libc::NETLINK_XFRM)
    }

    fn of(protocol: i32) -> Result<Self, Error> {
        let mut room = vec![0; ROOM];
        Ok(Self { descriptor: open(protocol, &mut room)?, protocol, sequence: 0, room })
    }

    /// Asks for all objects and appends the kernel's messages to `into`.
    pub fn dump(&mut self, request: &mut Request, into: &mut Vec<u8>) -> Result<(), Error> {
        self.dump_while(request, into, &mut Everything).map(|_| ())
    }

    /// Asks for all objects and appends the kernel's messages to `into`, as long as the watcher wants to go on. An interrupted dump is begun
    /// again.
    pub fn dump_while(&mut self, request: &mut Request, into: &mut Vec<u8>, watch: &mut impl Watch) -> Result<Ended, Error> {
        let start = into.len();
        for _ in 0..ATTEMPTS {
            watch.begin();
            match self.attempt(request, into, watch) {
                Ok(Some(ended)) => return Ok(ended),
                Ok(None) => {}
                Err(Error::Transport(Errno::ENOBUFS)) => self.reopen()?,
                Err(error) => {
                    into.truncate(start);
                    return Err(error);
                }
            }
            into.truncate(start);
        }
        Err(Error::Unsteady(request.what))
    }

    /// One dump; none if it was interrupted.
    fn attempt(&mut self, request: &mut Request, into: &mut Vec<u8>, watch: &mut impl Watch) -> Result<Option<Ended>, Error> {
        let sequence = self.send(request)?;
        let mut interrupted = false;
        loop {
            let length = receive(&self.descriptor, &mut self.room)?;
            let (before, mut done) = (into.len(), false);
            let mut walk = Walk::new(&self.room[..length]);
            loop {
                let start = walk.offset();
                let Some(message) = walk.next().transpose()? else { break };
                if message.sequence != sequence {
                    continue;
                }
                interrupted |= message.flags & INTERRUPTED != 0;
                match message.kind {
                    NLMSG_NOOP => {}
                    NLMSG_OVERRUN => return Err(Error::Transport(Errno::ENOBUFS)),
                    NLMSG_DONE | NLMSG_ERROR => {
                        check(request.what, message.payload)?;
                        done = true;
                    }
                    _ => {
                        into.extend_from_slice(&self.room[start..walk.offset().min(length)]);
                        into.resize(into.len().next_multiple_of(4), 0);
                    }
                }
            }
            if done {
                return Ok((!interrupted).then_some(Ended::Whole));
            }
            if !interrupted && !watch.go_on(&into[before..]) {
                self.reopen()?;
                return Ok(Some(Ended::Abandoned));
            }
        }
    }

    /// Asks for one object and returns the kernel's message.
    pub fn ask(&mut self, request: &mut Request) -> Result<Vec<u8>, Error> {
        let sequence = self.send(request)?;
        loop {
            let length = receive(&self.descriptor, &mut self.room)?;
            let bytes = &self.room[..length];
            for message in Walk::new(bytes) {
                let message = message?;
                if message.sequence != sequence || message.kind == NLMSG_NOOP {
                    continue;
                }
                if message.kind == NLMSG_ERROR || message.kind == NLMSG_DONE {
                    check(request.what, message.payload)?;
                    return Ok(Vec::new());
                }
                return Ok(bytes.to_vec());
            }
        }
    }

    fn send(&mut self, request: &mut Request) -> Result<u32, Error> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.descriptor, request.numbered(self.sequence))?;
        Ok(self.sequence)
    }

    /// Only a closed socket ends a dump that is under way, and forgets what is still queued.
    fn reopen(&mut self) -> Result<(), Error> {
        self.descriptor = open(self.protocol, &mut self.room)?;
        Ok(())
    }
}

fn open(protocol: i32, room: &mut [u8]) -> Result<OwnedFd, Error> {
    // nix knows no number for IPsec's protocol.
    let opened = socket2::Socket::new(libc::AF_NETLINK.into(), libc::SOCK_RAW.into(), Some(protocol.into()));
    let errno = |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or_default());
    let descriptor = OwnedFd::from(opened.map_err(|error| Error::Open(errno(error)))?);
    // A connected netlink socket takes messages from nobody but the kernel (`netlink_getsockbyportid`).
    connect(descriptor.as_raw_fd(), &NetlinkAddr::new(0, 0)).map_err(Error::Open)?;
    // The kernel makes dump datagrams as long as the longest buffer that it has *seen* in a receive, so the first datagram of a first dump
    // is small; and an nf_tables object that does not fit ends the dump as if there were no more. So receive something before.
    send(&descriptor, Request::greeting().numbered(0))?;
    receive(&descriptor, room)?;
    Ok(descriptor)
}

fn send(descriptor: &OwnedFd, bytes: &[u8]) -> Result<(), Error> {
    loop {
        match nix::sys::socket::send(descriptor.as_raw_fd(), bytes, MsgFlags::empty()) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::Transport(errno)),
        }
    }
}

/// Receives a datagram and returns its length.
fn receive(descriptor: &OwnedFd, room: &mut [u8]) -> Result<usize, Error> {
    loop {
        match recv(descriptor.as_raw_fd(), room, MsgFlags::MSG_TRUNC) {
            Ok(length) if length > room.len() => return Err(Error::Truncated(length)),
            Ok(length) => return Ok(length),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::Transport(errno)),
        }
    }
}

/// `NLMSG_ERROR` (`struct nlmsgerr`) and `NLMSG_DONE` begin with a negative error number, or zero.
fn check(what: &'static str, payload: &[u8]) -> Result<(), Error> {
    match payload.first_chunk().map_or(0, |number| i32::from_ne_bytes(*number)) {
        number if number < 0 => {
            let code = number.wrapping_neg();
            Err(Error::Refused { what, errno: Errno::from_raw(code), code })
        }
        _ => Ok(()),
    }
}
