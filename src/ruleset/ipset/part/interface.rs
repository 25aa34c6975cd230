//! Interfaces.

use std::fmt;

use super::{super::decode::Table, Interface, Part};

const IFACE: u16 = 23;
const CADT_FLAGS: u16 = 8;
/// `IPSET_FLAG_PHYSDEV` and `IPSET_FLAG_IFACE_WILDCARD`.
const PHYSDEV: u32 = 1 << 1;
const WILDCARD: u32 = 1 << 7;

/// `IFNAMSIZ`, with the closing NUL.
const LONGEST: usize = 15;

pub(super) fn decode(table: &Table<'_>) -> Option<Option<Part>> {
    let flags = table.be32(CADT_FLAGS)?.unwrap_or_default();
    Some(
        table
            .text(IFACE)
            .map(|name| Part::Interface(Box::new(Interface { name, physical: flags & PHYSDEV != 0, wildcard: flags & WILDCARD != 0 }))),
    )
}

pub(super) fn print(interface: &Interface, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}{}", if interface.physical { "physdev:" } else { "" }, interface.name)
}

/// Whether it is a wildcard stands behind the key.
pub(super) fn parse(text: &str) -> Result<Part, String> {
    let (physical, name) = text.strip_prefix("physdev:").map_or((false, text), |name| (true, name));
    if name.len() > LONGEST {
        return Err(format!("the interface name {name} is longer than {LONGEST} bytes"));
    }
    Ok(Part::Interface(Box::new(Interface { name: name.to_owned(), physical, wildcard: false })))
}
