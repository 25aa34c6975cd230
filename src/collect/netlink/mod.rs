//! The kernel's own words: requests over netlink, answers kept as raw messages.

mod census;

pub mod connections;

pub mod conntrack;

mod error;

pub mod ipset;

pub mod nf_tables;

mod request;

pub mod route;

mod socket;

pub mod sockets;

pub use error::Error;
pub use request::{Nest, Request};
pub use socket::{Ended, Socket, Watch};

use netlink_packet_core::NlasIterator;

/// The attributes of a message as kind and value. Ends at the first malformed one: used only where the kernel just spoke.
pub(crate) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes).map_while(Result::ok).filter_map(|attribute| {
        let (kind, length) = (attribute.kind(), usize::from(attribute.length()));
        attribute.into_inner().get(4..length).map(|value| (kind, value))
    })
}
