//! What every rule can ask for: addresses, interfaces, protocol and, of IPv4, fragments (`struct ipt_ip`, `struct ip6t_ip6`).

use crate::model::IpVersion;

/// `IFNAMSIZ`.
pub const NAME: usize = 16;

/// The fixed part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `-s`.
    pub source: Address,
    /// `-d`.
    pub destination: Address,
    /// `-i`; none for any.
    pub incoming: Option<Box<Interface>>,
    /// `-o`; none for any.
    pub outgoing: Option<Box<Interface>>,
    /// `-p`; none if the rule does not look.
    pub protocol: Option<Protocol>,
    /// `-f`: true for later fragments, false (`! -f`) for all others; none if the rule does not look. IPv4 only.
    pub fragment: Option<bool>,
}

/// An address and its mask, as numbers in network order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    pub address: u128,
    pub mask: u128,
    pub inverted: bool,
}

/// An interface's name, or the beginning of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    pub name: [u8; NAME],
    /// Which bits of the name count.
    pub mask: [u8; NAME],
    pub inverted: bool,
}

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Its number; 0 stands for all.
    pub number: u16,
    pub inverted: bool,
}

impl Header {
    /// Asks nothing.
    pub const ANY: Self =
        Self { source: Address::ANY, destination: Address::ANY, incoming: None, outgoing: None, protocol: None, fragment: None };
}

impl Address {
    /// Any address.
    pub const ANY: Self = Self { address: 0, mask: 0, inverted: false };

    /// The length of the prefix that the mask is.
    #[must_use]
    pub fn prefix(&self, version: IpVersion) -> Option<u8> {
        let width = width(version);
        let length = (self.mask << (128 - u32::from(width))).leading_ones().min(u32::from(width)) as u8;
        (self.mask == mask(length, version)).then_some(length)
    }
}

/// Bits of an address.
#[must_use]
pub const fn width(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 32,
        IpVersion::V6 => 128,
    }
}

/// The mask of a prefix length.
#[must_use]
pub fn mask(length: u8, version: IpVersion) -> u128 {
    let width = width(version);
    let ones = |bits: u8| if bits == 0 { 0 } else { u128::MAX >> (128 - u32::from(bits.min(128))) };
    ones(width) ^ ones(width.saturating_sub(length))
}

impl Interface {
    /// The name as text, with `+` at the end of what is only the beginning of one (`save_iface`).
    #[must_use]
    pub fn text(&self) -> String {
        let counted = self.mask.iter().position(|mask| *mask == 0).unwrap_or(NAME);
        let end = self.name[..counted].iter().position(|byte| *byte == 0);
        let mut text = String::from_utf8_lossy(&self.name[..end.unwrap_or(counted)]).into_owned();
        if end.is_none() && counted < NAME {
            text.push('+');
        }
        text
    }

    /// From text: a name, or the beginning of one with `+`. None if it is too long.
    #[must_use]
    pub fn from_text(text: &str, inverted: bool) -> Option<Self> {
        let (mut name, mut mask) = ([0; NAME], [0; NAME]);
        let (stem, exact) = text.strip_suffix('+').map_or((text, 1), |stem| (stem, 0));
        if text.len() >= NAME {
            return None;
        }
        name[..stem.len()].copy_from_slice(stem.as_bytes());
        mask[..stem.len() + exact].fill(0xff);
        Some(Self { name, mask, inverted })
    }

    /// Whether every interface fits, and none at all: `+`, not inverted.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.inverted && self.mask == [0; NAME]
    }

    /// Whether an interface's name fits, before inversion (`ifname_compare_aligned`). None (the empty name) has no interface.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        let other = name.bytes().chain(std::iter::repeat(0));
        self.name.iter().zip(&self.mask).zip(other).all(|((own, mask), other)| (own ^ other) & mask == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_of_names() {
        for (text, name, fits) in
            [("eth0", "eth0", true), ("eth0", "eth01", false), ("eth+", "eth01", true), ("+", "", true), ("eth0", "", false)]
        {
            let interface = Interface::from_text(text, false).expect(text);
            assert_eq!(interface.fits(name), fits, "{text} {name}");
            assert_eq!(interface.text(), text);
        }
        assert!(Interface::from_text("abcdefghijklmnopq", false).is_none());
    }

    #[test]
    fn prefixes() {
        assert_eq!(Address { address: 0, mask: 0xffff_ff00, inverted: false }.prefix(IpVersion::V4), Some(24));
        assert_eq!(Address { address: 0, mask: 0xff00_ff00, inverted: false }.prefix(IpVersion::V4), None);
        assert_eq!(Address::ANY.prefix(IpVersion::V6), Some(0));
        assert_eq!(mask(128, IpVersion::V6), u128::MAX);
    }
}
