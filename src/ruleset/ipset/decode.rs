//! From the kernel's messages (`IPSET_CMD_LIST`) to sets. A pure function of bytes, for any bytes: what cannot be read is a sentence in
//! [`Ipsets::incomplete`], and a set that may lack elements for it says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Dimension, Element, Elements, Extensions, Family, Ipsets, Key, Kind, Options, Part, Set};
use crate::{
    ruleset::nft::decode::attributes::{TYPE_MASK, be16, be32, be64, byte, split, text},
    snapshot::{IpsetElements, IpsetRecord, Messages},
};

/// `IPSET_ATTR_*` of a command.
mod attr {
    pub const SETNAME: u16 = 2;
    pub const TYPENAME: u16 = 3;
    pub const REVISION: u16 = 4;
    pub const FAMILY: u16 = 5;
    pub const DATA: u16 = 7;
    pub const ADT: u16 = 8;
    pub const INDEX: u16 = 11;
}

/// `NLA_F_NET_BYTEORDER`.
const NET_BYTEORDER: u16 = 0x4000;

/// `struct nfgenmsg`.
const NFGENMSG: usize = 4;

/// `IPSET_CMD_LIST`, the low byte of a message's type.
const LIST: u8 = 7;

/// More attributes than this the kernel does not put into one nest (`__IPSET_ATTR_ADT_MAX`); later kernels may add some.
const MOST: usize = 48;

/// Attributes by their number.
pub(super) struct Table<'a>([Option<(bool, &'a [u8])>; MOST]);

impl<'a> Table<'a> {
    /// None if the bytes are malformed. Attributes of higher numbers only describe.
    pub fn new(mut bytes: &'a [u8]) -> Option<Self> {
        let mut table = [None; MOST];
        while let Some(attribute) = split(&mut bytes) {
            let (kind, value) = attribute?;
            if let Some(place) = table.get_mut(usize::from(kind & TYPE_MASK)) {
                *place = Some((kind & NET_BYTEORDER != 0, value));
            }
        }
        Some(Self(table))
    }

    pub fn bytes(&self, number: u16) -> Option<&'a [u8]> {
        self.0.get(usize::from(number)).copied().flatten().map(|(_, value)| value)
    }

    fn read<T>(&self, number: u16, read: impl Fn(&'a [u8]) -> Option<T>) -> Option<Option<T>> {
        match self.bytes(number) {
            None => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    /// The outer None, here and below: it is there and cannot be read.
    pub fn byte(&self, number: u16) -> Option<Option<u8>> {
        self.read(number, byte)
    }

    pub fn be16(&self, number: u16) -> Option<Option<u16>> {
        self.read(number, be16)
    }

    pub fn be32(&self, number: u16) -> Option<Option<u32>> {
        self.read(number, be32)
    }

    pub fn be64(&self, number: u16) -> Option<Option<u64>> {
        self.read(number, be64)
    }

    /// A number in the byte order that the attribute itself tells.
    pub fn any32(&self, number: u16) -> Option<Option<u32>> {
        let network = self.0.get(usize::from(number)).copied().flatten().is_some_and(|(network, _)| network);
        self.read(number, |value| if network { be32(value) } else { value.try_into().ok().map(u32::from_ne_bytes) })
    }

    /// An address (`IPSET_ATTR_IPADDR_*`).
    pub fn address(&self, number: u16) -> Option<Option<IpAddr>> {
        self.read(number, |mut nest| {
            let (kind, value) = split(&mut nest)??;
            match kind & TYPE_MASK {
                1 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).into()),
                2 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).into()),
                _ => None,
            }
        })
    }

    pub fn text(&self, number: u16) -> Option<String> {
        self.bytes(number).map(text)
    }
}

/// The sets of a record.
#[must_use]
pub fn decode(record: &IpsetRecord) -> Ipsets {
    let mut ipsets = Ipsets::default();
    for message in tables(&record.sets, &mut ipsets.incomplete) {
        match header(&message) {
            Some(set) => ipsets.sets.push(set),
            None => ipsets.incomplete.push("the header of an ipset cannot be read".into()),
        }
    }
    // As many sets, in the same order, as a rule: look there first.
    for (at, elements) in record.elements.iter().enumerate() {
        let at = match ipsets.sets.get(at) {
            Some(set) if set.name == elements.set => Some(at),
            _ => ipsets.sets.iter().position(|set| set.name == elements.set),
        };
        let Ipsets { sets, incomplete } = &mut ipsets;
        match at.and_then(|at| sets.get_mut(at)) {
            Some(set) => fill(set, elements, incomplete),
            None => incomplete.push(format!("elements of the ipset {}, which was not listed", elements.set)),
        }
    }
    for saved in &record.saved {
        super::parse::read(&mut ipsets, &saved.name, &saved.text);
    }
    ipsets
}

/// The attributes of each message of a list.
fn tables<'a>(messages: &'a Messages, incomplete: &mut Vec<String>) -> Vec<Table<'a>> {
    let mut tables = Vec::new();
    for message in messages {
        let attributes = match message {
            Ok(message) if message.kind as u8 != LIST => continue,
            Ok(message) => message.payload.get(NFGENMSG..).and_then(Table::new),
            Err(error) => {
                incomplete.push(format!("ipset: {error}"));
                break;
            }
        };
        match attributes {
            Some(table) => tables.push(table),
            None => incomplete.push("ipset: a message has malformed attributes".into()),
        }
    }
    tables
}

fn header(table: &Table<'_>) -> Option<Set> {
    let kind_name = table.text(attr::TYPENAME)?;
    Some(Set {
        name: table.text(attr::SETNAME)?,
        kind: Kind::named(&kind_name),
        kind_name,
        family: match table.byte(attr::FAMILY)?? {
            2 => Family::V4,
            10 => Family::V6,
            0 => Family::Any,
            _ => return None,
        },
        revision: table.byte(attr::REVISION)?,
        index: table.be16(attr::INDEX)?,
        options: Options::decode(&Table::new(table.bytes(attr::DATA)?)?)?,
        elements: Elements::AskedByKey { count: None },
    })
}

/// Puts the elements into their set.
fn fill(set: &mut Set, record: &IpsetElements, incomplete: &mut Vec<String>) {
    if !record.whole {
        set.elements = Elements::AskedByKey { count: set.options.elements };
        return;
    }
    let Some(kind) = set.kind else {
        let why = format!("sets of type {} are not known to this program", set.kind_name);
        incomplete.push(format!("ipset {}: {why}", set.name));
        set.elements = Elements::Unknown(why);
        return;
    };
    let (mut elements, before, mut unread) = (Vec::new(), incomplete.len(), 0_usize);
    for message in tables(&record.messages, incomplete) {
        let mut list = message.bytes(attr::ADT).unwrap_or_default();
        while let Some(nest) = split(&mut list) {
            match nest.and_then(|(_, nest)| element(kind, nest)) {
                Some(element) => elements.push(element),
                None => unread += 1,
            }
        }
    }
    if unread > 0 {
        incomplete.push(format!("ipset {}: {unread} of its elements cannot be read", set.name));
    }
    set.elements = if incomplete.len() == before {
        Elements::Whole(elements)
    } else {
        Elements::Unknown("some of its elements cannot be read".into())
    };
}

fn element(kind: &Kind, nest: &[u8]) -> Option<Element> {
    let table = Table::new(nest)?;
    let (mut key, mut addresses) = (Key::new(), 0);
    for dimension in kind.dimensions {
        match Part::decode(*dimension, addresses > 0, &table)? {
            Some(part) => key.push(part),
            // `bitmap_ipmac_do_list`: no packet has told the address yet.
            None if *dimension == Dimension::Mac && !key.is_empty() => {}
            None => return None,
        }
        addresses += usize::from(matches!(dimension, Dimension::Ip | Dimension::Net));
    }
    Some(Element { key, extensions: Extensions::decode(&table)?.boxed() })
}
