//! Sockets at the end of a packet's way.

/// A socket that takes packets from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Index in the list of sockets that were collected.
    pub number: usize,
    /// IPPROTO_*: 6 or 17.
    pub protocol: u8,
    /// None takes packets to every own address.
    pub address: Option<u128>,
    pub port: u16,
    /// Index of the interface it is bound to.
    pub device: Option<u32>,
    /// An IPv6 socket that also takes IPv4.
    pub dual: bool,
    /// The only peer whose packets it takes, with the port.
    pub peer: Option<(u128, u16)>,
    pub uid: u32,
}
