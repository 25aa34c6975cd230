//! Putting requests together.

use crate::snapshot::messages::HEADER;

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 0x1;
/// `NLM_F_ACK`.
const ACKNOWLEDGE: u16 = 0x4;
/// `NLM_F_DUMP`.
const DUMP: u16 = 0x300;
/// `NLA_F_NESTED`.
const NESTED: u16 = 0x8000;

/// A netlink request.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it asks for, for error messages.
    pub what: &'static str,
    bytes: Vec<u8>,
}

impl Request {
    /// For one object. `head` is the fixed part behind the netlink header.
    #[must_use]
    pub fn one(what: &'static str, kind: u16, head: &[u8]) -> Self {
        Self::new(what, kind, REQUEST, head)
    }

    /// For all objects.
    #[must_use]
    pub fn dump(what: &'static str, kind: u16, head: &[u8]) -> Self {
        Self::new(what, kind, REQUEST | DUMP, head)
    }

    /// For a yes or no: an acknowledgement, or an error.
    #[must_use]
    pub fn confirmed(what: &'static str, kind: u16, head: &[u8]) -> Self {
        Self::new(what, kind, REQUEST | ACKNOWLEDGE, head)
    }

    /// For nothing but an acknowledgement, which every netlink protocol gives (`netlink_rcv_skb`).
    pub(super) fn greeting() -> Self {
        const NLMSG_NOOP: u16 = 1;
        Self::new("a greeting", NLMSG_NOOP, REQUEST | ACKNOWLEDGE, &[])
    }

    fn new(what: &'static str, kind: u16, flags: u16, head: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(head);
        Self { what, bytes }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        attribute(&mut self.bytes, kind, value);
        self
    }

    /// Adds a string attribute.
    #[must_use]
    pub fn with_text(mut self, kind: u16, text: &str) -> Self {
        let mut value = text.as_bytes().to_vec();
        value.push(0);
        attribute(&mut self.bytes, kind, &value);
        self
    }

    /// Adds an attribute with others in it.
    #[must_use]
    pub fn with_nest(mut self, kind: u16, content: &Nest) -> Self {
        attribute(&mut self.bytes, kind | NESTED, &content.0);
        self
    }

    /// Adds attributes nested in each other, `value` in the innermost.
    #[must_use]
    pub fn with_nested(mut self, kinds: &[u16], innermost: u16, value: &[u8]) -> Self {
        let mut content = Vec::new();
        attribute(&mut content, innermost, value);
        for kind in kinds.iter().rev() {
            let mut outer = Vec::new();
            attribute(&mut outer, kind | NESTED, &content);
            content = outer;
        }
        self.bytes.extend_from_slice(&content);
        self
    }

    /// The bytes to send.
    pub(super) fn numbered(&mut self, sequence: u32) -> &[u8] {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        &self.bytes
    }
}

/// Attributes to be nested in another.
#[derive(Debug, Clone, Default)]
pub struct Nest(Vec<u8>);

impl Nest {
    /// What is in it.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds an attribute.
    pub fn put(&mut self, kind: u16, value: &[u8]) {
        attribute(&mut self.0, kind, value);
    }

    /// Adds a number in network byte order, and says so.
    pub fn put_network(&mut self, kind: u16, value: &[u8]) {
        const NET_BYTEORDER: u16 = 0x4000;
        attribute(&mut self.0, kind | NET_BYTEORDER, value);
    }

    /// Adds an attribute with others in it.
    pub fn put_nest(&mut self, kind: u16, content: &Self) {
        attribute(&mut self.0, kind | NESTED, &content.0);
    }
}

/// Appends an attribute with its padding. Names and keys, the only values of variable length, are far below 64 KiB; a longer one is
/// cut off so that the kernel refuses it.
fn attribute(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&value[..usize::from(length) - 4]);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn nesting_counts_the_padding_inside() {
        let mut request = Request::one("x", 0x0a0d, &[2, 0, 0, 0]).with_text(1, "t").with_nested(&[3, 1], 1, &[1, 2, 3, 4]);
        let bytes = request.numbered(5);
        assert_eq!(bytes[..16], [44, 0, 0, 0, 0x0d, 0x0a, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[16..28], [2, 0, 0, 0, 6, 0, 1, 0, b't', 0, 0, 0]);
        assert_eq!(bytes[28..], [16, 0, 3, 0x80, 12, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4]);
    }
}
