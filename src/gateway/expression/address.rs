//! The addresses of one end of a flow.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::IpVersion;

/// Which hosts are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hosts {
    /// Any address.
    Any,
    /// This host's own addresses.
    Local,
    /// These.
    Blocks(Vec<Block>),
    /// A name that has no address: no packet goes there.
    Named(String),
    /// A socket file: what goes there is no packet.
    Socket(String),
}

/// A run of addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Block {
    /// A prefix; a single address is one of full length.
    Prefix(IpNet),
    /// From one address to another, both included.
    Range(IpAddr, IpAddr),
}

impl Hosts {
    /// Whether all of them are addresses of `lo` alone.
    #[must_use]
    pub fn are_loopback(&self) -> bool {
        let is = |block: &Block| match block {
            Block::Prefix(net) => net.network().is_loopback() && net.broadcast().is_loopback(),
            Block::Range(first, last) => first.is_loopback() && last.is_loopback(),
        };
        matches!(self, Self::Blocks(blocks) if !blocks.is_empty() && blocks.iter().all(is))
    }

    /// One address.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        Self::Blocks(vec![Block::Prefix(address.into())])
    }

    /// Whether a port can follow only after brackets.
    #[must_use]
    pub fn needs_brackets(&self) -> bool {
        matches!(self, Self::Blocks(blocks) if blocks.iter().any(|block| block.version() == IpVersion::V6))
    }
}

impl Block {
    /// Its family.
    #[must_use]
    pub fn version(&self) -> IpVersion {
        match self {
            Self::Prefix(IpNet::V4(_)) | Self::Range(IpAddr::V4(_), _) => IpVersion::V4,
            Self::Prefix(IpNet::V6(_)) | Self::Range(IpAddr::V6(_), _) => IpVersion::V6,
        }
    }

    /// Lowest and highest address as numbers.
    #[must_use]
    pub fn bounds(&self) -> (u128, u128) {
        match self {
            Self::Prefix(net) => (number(net.network()), number(net.broadcast())),
            Self::Range(low, high) => (number(*low), number(*high)),
        }
    }
}

/// An address as a number in network order.
#[must_use]
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Local => f.write_str("local"),
            Self::Named(name) => f.write_str(name),
            Self::Socket(path) => write!(f, "unix:{path}"),
            Self::Blocks(blocks) => {
                for (index, block) in blocks.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{block}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(net) if net.prefix_len() == net.max_prefix_len() => write!(f, "{}", net.addr()),
            Self::Prefix(net) => write!(f, "{net}"),
            Self::Range(low, high) => write!(f, "{low}-{high}"),
        }
    }
}
