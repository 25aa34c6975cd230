//! Values of the options that every rule has: addresses, protocols, counters.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        Counters,
        header::{Address, Protocol, mask, width},
        options::number,
        print::protocol,
    },
};

/// `ADDRESS[/LENGTH or MASK]`, several with commas (`xtables_ipparse_multiple`).
pub fn addresses(text: &str, inverted: bool, version: IpVersion) -> Result<Vec<Address>, String> {
    let each = |text: &str| {
        let (address, mask_text) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
        let bad = || format!("'{text}' is no {} address; names are not looked up", if version == IpVersion::V4 { "IPv4" } else { "IPv6" });
        let address = one(address, version).ok_or_else(bad)?;
        let mask = match mask_text {
            None => mask(width(version), version),
            Some(text) => match number(text) {
                Some(length) if length <= u64::from(width(version)) => mask(length as u8, version),
                _ => one(text, version).filter(|_| text.contains(['.', ':'])).ok_or_else(|| format!("'{text}' is no mask"))?,
            },
        };
        Ok(Address { address: address & mask, mask, inverted })
    };
    text.split(',').map(each).collect()
}

/// An address. Of IPv4 also a short one: `10.1` is 10.1.0.0 (`__numeric_to_ipaddr`).
fn one(text: &str, version: IpVersion) -> Option<u128> {
    match version {
        IpVersion::V6 => text.parse::<Ipv6Addr>().ok().map(u128::from),
        IpVersion::V4 => match text.parse::<Ipv4Addr>() {
            Ok(address) => Some(u32::from(address).into()),
            Err(_) => {
                let parts: Vec<u8> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
                let mut bytes = [0; 4];
                bytes.get_mut(..parts.len())?.copy_from_slice(&parts);
                Some(u32::from_be_bytes(bytes).into())
            }
        },
    }
}

/// `-p`.
pub fn read_protocol(text: &str, inverted: bool) -> Result<Protocol, String> {
    let number = match number(text) {
        Some(number) => u16::try_from(number).ok().filter(|number| *number <= 255),
        None => protocol::number(text),
    };
    let number = number.ok_or_else(|| format!("'{text}' is no protocol"))?;
    if number == 0 && inverted {
        return Err("no packet is of no protocol: '! -p all' never matches".to_owned());
    }
    Ok(Protocol { number, inverted })
}

/// `[packets:bytes]`.
pub fn counters(text: &str) -> Option<Counters> {
    let (packets, bytes) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    Some(Counters { packets: packets.parse().ok()?, bytes: bytes.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_many_notations() {
        let v4 =
            |text| addresses(text, false, IpVersion::V4).map(|all| all.iter().map(|each| (each.address, each.mask)).collect::<Vec<_>>());
        assert_eq!(v4("10.1.2.3"), Ok(vec![(0x0a01_0203, 0xffff_ffff)]));
        assert_eq!(v4("10.1.2.3/8"), Ok(vec![(0x0a00_0000, 0xff00_0000)]));
        assert_eq!(v4("10.1.2.3/255.0.255.0"), Ok(vec![(0x0a00_0200, 0xff00_ff00)]));
        assert_eq!(v4("10/8,192.168.0.0/16").map(|all| all.len()), Ok(2));
        assert!(v4("example.org").is_err() && v4("10.0.0.0/33").is_err() && v4("1.2.3.4.5").is_err() && v4("").is_err());
        assert_eq!(addresses("::1/64", false, IpVersion::V6).map(|all| all[0].address), Ok(0));
    }
}
