//! A text that is looked for in a packet's bytes.

use std::sync::Arc;

use super::Bits;

/// Bytes that stand somewhere in the packet (`skb_find_text`).
#[derive(Debug, Clone)]
pub struct Text {
    /// What is looked for. With `ignores_case` it is ASCII.
    pub pattern: Box<[u8]>,
    /// ASCII letters of either case are alike.
    pub ignores_case: bool,
    /// The first byte that it may begin at, and the byte that it has to end before, from the beginning of the network header.
    pub from: u16,
    pub to: u16,
    /// The bytes of the headers from the network header on, as far as they have names of their own; none for
    /// IPv6's payload length.
    pub headers: Arc<[Option<Bits>]>,
    /// How many of them are the network header's.
    pub network: u16,
    /// In packets of more bytes it may be overlooked, for their memory may be in several pieces.
    pub in_one_piece: Option<u16>,
}
