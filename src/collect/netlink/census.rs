//! Counting a set's elements while they come in: one that turns out to be too big is not read to its end.

use super::{Watch, attributes, nf_tables::NFGENMSG};
use crate::snapshot::messages::Walk;

/// A dump's first datagram of less than this holds the whole set: the kernel ends one only when the next element does not fit, the
/// smallest has room for 3.5 KiB (`NLMSG_GOODSIZE`), and no element needs even 1 KiB.
const SHORT: usize = 2048;

/// Watches the dump of one set's elements.
pub struct Census {
    /// The attribute that lists elements in a message.
    list: u16,
    /// More elements than this are too many.
    limit: Option<u64>,
    /// To hear the end of a dump costs more than to close the socket.
    end_early: bool,
    count: u64,
    datagrams: u32,
    complete: bool,
}

impl Census {
    /// Elements, listed in this attribute, up to a limit; with `end_early` a dump that is known to be complete is not heard to its end.
    pub fn new(list: u16, limit: Option<u64>, end_early: bool) -> Self {
        Self { list, limit, end_early, count: 0, datagrams: 0, complete: false }
    }

    /// Whether all elements are there although the end was not heard.
    pub fn is_complete(&self) -> bool {
        self.complete && self.fits()
    }

    fn fits(&self) -> bool {
        self.limit.is_none_or(|limit| self.count <= limit)
    }
}

impl Watch for Census {
    fn begin(&mut self) {
        *self = Self::new(self.list, self.limit, self.end_early);
    }

    fn go_on(&mut self, brought: &[u8]) -> bool {
        if self.limit.is_some() {
            self.count += elements_in(self.list, brought);
        }
        self.datagrams += 1;
        self.complete = self.end_early && self.datagrams == 1 && brought.len() < SHORT;
        self.fits() && !self.complete
    }
}

fn elements_in(list: u16, bytes: &[u8]) -> u64 {
    Walk::new(bytes)
        .map_while(Result::ok)
        .flat_map(|message| attributes(message.payload.get(NFGENMSG..).unwrap_or_default()))
        .filter(|(kind, _)| *kind == list)
        .map(|(_, list)| attributes(list).count() as u64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{super::nf_tables::NFTA_SET_ELEM_LIST_ELEMENTS as LIST, *};

    /// A datagram with one message that lists so many elements.
    fn datagram(elements: u16) -> Vec<u8> {
        let list = 4 + 4 * elements;
        let mut bytes = (16 + 4 + u32::from(list)).to_ne_bytes().to_vec();
        bytes.extend([0; 12]);
        bytes.extend([1, 0, 0, 0]);
        bytes.extend(list.to_ne_bytes());
        bytes.extend(LIST.to_ne_bytes());
        bytes.extend((0..elements).flat_map(|_| [4u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat()));
        bytes
    }

    #[test]
    fn a_dump_that_begins_again_is_counted_from_nothing() {
        let mut census = Census::new(LIST, Some(1000), false);
        census.begin();
        assert!(census.go_on(&datagram(900)));
        census.begin();
        assert!(census.go_on(&datagram(900)), "900 elements, told twice, are 900");
        assert!(!census.go_on(&datagram(101)));
    }

    #[test]
    fn only_a_short_first_datagram_is_all_there_is() {
        let mut census = Census::new(LIST, Some(1000), true);
        census.begin();
        assert!(census.go_on(&datagram(600)));
        assert!(census.go_on(&datagram(2)) && !census.is_complete());
        census.begin();
        assert!(!census.go_on(&datagram(2)) && census.is_complete());
        let mut census = Census::new(LIST, Some(1), true);
        census.begin();
        assert!(!census.go_on(&datagram(2)) && !census.is_complete(), "too many are not complete");
    }
}
