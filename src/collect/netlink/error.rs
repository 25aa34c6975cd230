//! What can go wrong between us and the kernel.

use nix::errno::Errno;

/// A failed conversation over netlink.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No socket.
    #[error("cannot open a netlink socket: {}", .0.desc())]
    Open(Errno),
    /// Sending or receiving failed.
    #[error("netlink: {}", .0.desc())]
    Transport(Errno),
    /// The kernel answered with an error.
    #[error("the kernel does not tell {what}: {}", errno.desc())]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Its error.
        errno: Errno,
        /// The error as a number: subsystems have some of their own.
        code: i32,
    },
    /// A datagram was longer than the buffer: something would be lost.
    #[error("the kernel sent {0} bytes at once, more than there is room for")]
    Truncated(usize),
    /// The kernel's answer cannot be taken apart.
    #[error(transparent)]
    Malformed(#[from] crate::snapshot::messages::Malformed),
    /// What was being read kept changing.
    #[error("{0} kept changing while being read")]
    Unsteady(&'static str),
}

impl Error {
    /// The error number, if the kernel gave one.
    #[must_use]
    pub const fn errno(&self) -> Option<Errno> {
        match self {
            Self::Open(errno) | Self::Transport(errno) | Self::Refused { errno, .. } => Some(*errno),
            Self::Truncated(_) | Self::Malformed(_) | Self::Unsteady(_) => None,
        }
    }
}
