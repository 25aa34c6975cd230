//! What to ask of the world about one key of a set that is too big to hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    model::{
        Host, IpVersion, MatchSet,
        set::{Keeper, KeyPart},
    },
    world::{IpsetKey, Question},
};

/// Whether the set holds the key, a value for each of its fields; none if no such key can be named.
#[must_use]
pub fn question(host: &Host, set: &MatchSet, key: &[u128]) -> Option<Question> {
    match &set.keeper {
        Keeper::NfTables => {
            let fields: Vec<_> = key.iter().copied().zip(set.widths.iter().copied()).collect();
            Some(Question::NftSetHolds { family: set.family, table: set.table.clone(), set: set.name.clone(), key: key_bytes(&fields) })
        }
        Keeper::Ipset { parts, exceptions } => {
            let mut named = IpsetKey { exception: *exceptions, ..IpsetKey::default() };
            for (part, value) in parts.iter().zip(key) {
                put(&mut named, *part, *value, host)?;
            }
            Some(Question::IpsetHolds { set: set.name.clone(), key: named })
        }
    }
}

fn put(key: &mut IpsetKey, part: KeyPart, value: u128, host: &Host) -> Option<()> {
    match part {
        KeyPart::Address => key.ip = Some(address(value, host.version)?),
        KeyPart::SecondAddress => key.ip2 = Some(address(value, host.version)?),
        KeyPart::Protocol => key.protocol = Some(u8::try_from(value).ok()?),
        KeyPart::Port => key.port = Some(u16::try_from(value).ok()?),
        KeyPart::Mac => {
            let [_, _, mac @ ..] = u64::try_from(value).ok()?.to_be_bytes();
            key.mac = Some(mac);
        }
        KeyPart::Mark => key.mark = Some(u32::try_from(value).ok()?),
        KeyPart::Interface => {
            let interface = host.interfaces.iter().find(|each| u128::from(each.index) == value)?;
            key.interface = Some(interface.name.clone());
        }
    }
    Some(())
}

fn address(value: u128, version: IpVersion) -> Option<IpAddr> {
    Some(match version {
        IpVersion::V4 => Ipv4Addr::from(u32::try_from(value).ok()?).into(),
        IpVersion::V6 => Ipv6Addr::from(value).into(),
    })
}

/// Register bytes of a key: each field in big-endian order, those of a concatenation padded to 4 bytes.
#[must_use]
pub fn key_bytes(fields: &[(u128, u8)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (value, width) in fields {
        let len = usize::from(*width).div_ceil(8);
        bytes.extend_from_slice(&value.to_be_bytes()[16 - len..]);
        if fields.len() > 1 {
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
    }
    bytes
}
