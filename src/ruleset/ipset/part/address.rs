//! Addresses and networks.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

use super::{
    super::{Family, decode::Table},
    MOST, Part, number,
};

const IP: u16 = 1;
const CIDR: u16 = 3;
const IP2: u16 = 20;
const CIDR2: u16 = 21;

/// The first address of an element, or the `second`.
pub(super) fn decode(second: bool, table: &Table<'_>) -> Option<Option<Part>> {
    let (address, length) = if second { (IP2, CIDR2) } else { (IP, CIDR) };
    let Some(address) = table.address(address)? else { return Some(None) };
    let net = match table.byte(length)? {
        Some(length) => IpNet::new(address, length).ok()?,
        None => IpNet::from(address),
    };
    Some(Some(Part::Address(net)))
}

/// `ipset_print_ip`: the full prefix length is left out.
pub(super) fn print(net: &IpNet, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", net.addr())?;
    if net.prefix_len() == net.max_prefix_len() { Ok(()) } else { write!(f, "/{}", net.prefix_len()) }
}

/// An address as a number.
#[must_use]
pub fn number_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// A number as an address.
#[must_use]
pub fn address_of(number: u128, family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::from(number).into(),
        Family::V4 | Family::Any => Ipv4Addr::from(number as u32).into(),
    }
}

/// The mask of a prefix length of at most `width`.
#[must_use]
pub fn prefix_mask(length: u8, width: u8) -> u128 {
    let all = if width >= 128 { u128::MAX } else { (1 << width) - 1 };
    match width.saturating_sub(length) {
        0 => all,
        rest => all & u128::MAX.checked_shl(rest.into()).unwrap_or(0),
    }
}

/// A single address of the family.
pub fn single(text: &str, family: Family) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| format!("{text} is no IP address"))?;
    if (family == Family::V6) == address.is_ipv6() { Ok(address) } else { Err(format!("{text} is of the other IP version")) }
}

/// The prefix length of a text, at most `width`.
pub fn prefix_length(text: &str, width: u8) -> Result<u8, String> {
    number::unsigned(text).ok().filter(|length| *length <= width).ok_or_else(|| format!("{text} is no prefix length"))
}

/// `a`, `a/length` or `a-b` as the first and the last address.
pub fn range(text: &str, family: Family) -> Result<(u128, u128), String> {
    // Hostnames with a dash stand in brackets; addresses may.
    let text = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (number_of(single(from, family)?), number_of(single(to, family)?));
        return Ok((from.min(to), from.max(to)));
    }
    let (address, length) = network(text, family)?;
    let mask = prefix_mask(length, family.width());
    Ok((address & mask, address | prefix_mask(family.width(), family.width()) & !mask))
}

fn network(text: &str, family: Family) -> Result<(u128, u8), String> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let length = length.map_or(Ok(family.width()), |length| prefix_length(length, family.width()))?;
    Ok((number_of(single(address, family)?), length))
}

/// Each address of a range.
pub(super) fn parse_hosts(text: &str, family: Family) -> Result<Vec<Part>, String> {
    let (low, high) = range(text, family)?;
    if high - low >= MOST as u128 {
        return Err(format!("{text} is more than {MOST} addresses"));
    }
    Ok((low..=high).map(|number| Part::Address(address_of(number, family).into())).collect())
}

/// A network, or those that a range is made of (`ip_set_range_to_cidr`).
pub(super) fn parse_networks(text: &str, family: Family) -> Result<Vec<Part>, String> {
    let width = family.width();
    let part = |address: u128, length: u8| match IpNet::new(address_of(address, family), length) {
        Ok(net) => Ok(Part::Address(net)),
        Err(_) => Err(format!("{text} is no network")),
    };
    if !text.contains('-') {
        let (address, length) = network(text, family)?;
        return part(address & prefix_mask(length, width), length).map(|part| vec![part]);
    }
    let (mut low, high) = range(text, family)?;
    let mut parts = Vec::new();
    loop {
        // The largest network that starts here and does not reach beyond the end.
        let fits = |length: &u8| {
            let mask = prefix_mask(*length, width);
            low & !mask == 0 && low | (prefix_mask(width, width) & !mask) <= high
        };
        let length = (0..=width).find(fits).unwrap_or(width);
        parts.push(part(low, length)?);
        let last = low | (prefix_mask(width, width) & !prefix_mask(length, width));
        if last >= high {
            return Ok(parts);
        }
        low = last + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_fall_apart_into_networks() {
        let told = |text: &str| {
            let parts = parse_networks(text, Family::V4).expect("a range");
            parts.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told("10.0.0.1-10.0.0.6"), ["10.0.0.1", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6"]);
        assert_eq!(told("0.0.0.0-255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(told("10.1.2.3/8"), ["10.0.0.0/8"]);
        assert_eq!(parse_networks("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Family::V6).map(|parts| parts.len()), Ok(1));
    }

    #[test]
    fn masks_have_the_width() {
        assert_eq!(prefix_mask(24, 32), 0xffff_ff00);
        assert_eq!(prefix_mask(0, 32), 0);
        assert_eq!(prefix_mask(128, 128), u128::MAX);
        assert_eq!(prefix_mask(0, 128), 0);
    }
}
