//! Walking over the raw netlink messages of a snapshot.

use super::Messages;

/// Bytes of a `nlmsghdr`: length (4), type (2), flags (2), sequence number (4), port (4).
pub const HEADER: usize = 16;

/// One netlink message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`.
    pub sequence: u32,
    /// All after the header, without padding.
    pub payload: &'a [u8],
}

/// What follows is no netlink message: its length is shorter than a header or longer than the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a netlink message at byte {offset}: it claims {claimed} bytes, {left} are left")]
pub struct Malformed {
    /// Where it starts.
    pub offset: usize,
    /// The length that it claims to have.
    pub claimed: usize,
    /// The bytes that are left.
    pub left: usize,
}

/// Iterates over messages; an error is the last item.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Walk<'a> {
    /// Starts at the first message.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Where the next message starts.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Message<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.offset..).filter(|rest| !rest.is_empty())?;
        let claimed = rest.first_chunk::<4>().map_or(0, |length| u32::from_ne_bytes(*length) as usize);
        let malformed = Malformed { offset: self.offset, claimed, left: rest.len() };
        let Some(([_, _, _, _, k0, k1, f0, f1, s0, s1, s2, s3, _, _, _, _], payload)) =
            rest.get(..claimed).and_then(<[u8]>::split_first_chunk::<HEADER>)
        else {
            self.offset = self.bytes.len();
            return Some(Err(malformed));
        };
        self.offset = self.offset.saturating_add(claimed.next_multiple_of(4));
        Some(Ok(Message {
            kind: u16::from_ne_bytes([*k0, *k1]),
            flags: u16::from_ne_bytes([*f0, *f1]),
            sequence: u32::from_ne_bytes([*s0, *s1, *s2, *s3]),
            payload,
        }))
    }
}

impl Messages {
    /// The messages in order; an error, if any, is the last item.
    #[must_use]
    pub fn iter(&self) -> Walk<'_> {
        Walk::new(&self.0)
    }
}

impl<'a> IntoIterator for &'a Messages {
    type Item = Result<Message<'a>, Malformed>;
    type IntoIter = Walk<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_aligned_to_four_bytes() {
        let mut bytes = Vec::new();
        bytes.extend(17u32.to_ne_bytes());
        bytes.extend([7, 0, 2, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0, 0, 0]);
        bytes.extend(16u32.to_ne_bytes());
        bytes.extend([8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        let found: Vec<_> = Walk::new(&bytes).map(|message| message.expect("well-formed")).collect();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].kind.to_le(), found[0].payload), (7, &[0xaa][..]));
        assert_eq!(found[1].kind.to_le(), 8);
    }

    #[test]
    fn every_truncation_ends_in_one_error() {
        let mut bytes = 20u32.to_ne_bytes().to_vec();
        bytes.extend([0; 16]);
        for length in 1..20 {
            let found: Vec<_> = Walk::new(&bytes[..length]).collect();
            assert!(matches!(found[..], [Err(_)]), "{length}: {found:?}");
        }
    }
}
