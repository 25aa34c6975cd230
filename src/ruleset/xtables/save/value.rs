//! Values of the options that every rule has: addresses, protocols, counters.

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        Counters,
        header::{Address, Protocol},
        options::{network, number},
        print::protocol,
    },
};

/// `ADDRESS[/LENGTH or MASK]`, several with commas (`xtables_ipparse_multiple`).
pub fn addresses(text: &str, inverted: bool, version: IpVersion) -> Result<Vec<Address>, String> {
    let each = |text: &str| {
        let (address, mask) = network(text, version)?;
        Ok(Address { address: address & mask, mask, inverted })
    };
    text.split(',').map(each).collect()
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
