//! One entry of a legacy table: header, counters, matches, target (`struct ipt_entry`, `struct ip6t_entry`).

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::{
    model::IpVersion,
    ruleset::xtables::{
        Counters, Header,
        header::{Address, Interface, NAME, Protocol},
    },
};

/// An entry, its parts not yet read.
pub struct Entry<'a> {
    pub header: Header,
    pub counters: Counters,
    /// `-g`, not `-j` (`IPT_F_GOTO`).
    pub goes: bool,
    /// Bytes to the next entry.
    pub length: u32,
    matches: &'a [u8],
    /// Name, revision and structure of the target; the standard target has no name.
    pub target: Part<'a>,
}

/// Name, revision and structure of a match or target.
pub type Part<'a> = (&'a str, u8, &'a [u8]);

/// What the standard target does.
pub enum Verdict {
    Accept,
    Drop,
    Queue,
    Return,
    /// To the entry at this offset.
    To(u32),
    Other,
}

/// `struct ipt_entry`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Entry4 {
    source: [u8; 4],
    destination: [u8; 4],
    source_mask: [u8; 4],
    destination_mask: [u8; 4],
    names: Names,
    protocol: u16,
    flags: u8,
    inverted: u8,
    cache: u32,
    ends: Ends,
    came_from: [u8; 4],
    counts: Counts,
}

/// `struct ip6t_entry`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Entry6 {
    source: [u8; 16],
    destination: [u8; 16],
    source_mask: [u8; 16],
    destination_mask: [u8; 16],
    names: Names,
    protocol: u16,
    tos: u8,
    flags: u8,
    inverted: u8,
    padding: [u8; 3],
    cache: u32,
    ends: Ends,
    /// With the padding that follows.
    came_from: [u8; 8],
    counts: Counts,
}

/// Interfaces.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Names {
    incoming: [u8; NAME],
    outgoing: [u8; NAME],
    incoming_mask: [u8; NAME],
    outgoing_mask: [u8; NAME],
}

/// Offsets of the target and of the next entry.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Ends {
    target: u16,
    next: u16,
}

/// `struct xt_counters`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Counts {
    packets: [u8; 8],
    bytes: [u8; 8],
}

/// `struct xt_entry_match` and `struct xt_entry_target`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Head {
    size: u16,
    name: [u8; 29],
    revision: u8,
}

/// `IPT_F_FRAG`, `IPT_F_GOTO`; `IP6T_F_PROTO`, `IP6T_F_GOTO`.
const FRAGMENT_4: u8 = 1;
const GOTO_4: u8 = 2;
const PROTOCOL_6: u8 = 1;
const GOTO_6: u8 = 4;

/// `IPT_INV_*`.
const INCOMING: u8 = 1;
const OUTGOING: u8 = 2;
const SOURCE: u8 = 8;
const DESTINATION: u8 = 0x10;
const FRAGMENT: u8 = 0x20;
const PROTOCOL: u8 = 0x40;

impl<'a> Entry<'a> {
    /// The entry at the beginning of the bytes; None if it does not fit.
    pub fn read(bytes: &'a [u8], version: IpVersion) -> Option<Self> {
        let (header, goes, ends, counts, rest) = match version {
            IpVersion::V4 => {
                let (entry, rest) = Entry4::read_from_prefix(bytes).ok()?;
                (entry.header(), entry.flags & GOTO_4 != 0, entry.ends, entry.counts, rest)
            }
            IpVersion::V6 => {
                let (entry, rest) = Entry6::read_from_prefix(bytes).ok()?;
                (entry.header(), entry.flags & GOTO_6 != 0, entry.ends, entry.counts, rest)
            }
        };
        let before = bytes.len() - rest.len();
        let (target, next) = (usize::from(ends.target), usize::from(ends.next));
        let matches = bytes.get(before..target)?;
        let (target, rest) = part(bytes.get(target..next)?)?;
        if !rest.is_empty() {
            return None;
        }
        let counters = Counters { packets: u64::from_ne_bytes(counts.packets), bytes: u64::from_ne_bytes(counts.bytes) };
        Some(Self { header, counters, goes, length: u32::from(ends.next), matches, target })
    }

    /// Its matches in order; None where one does not fit.
    pub fn matches(&self) -> impl Iterator<Item = Option<Part<'a>>> {
        let mut rest = self.matches;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let found = part(rest);
            rest = found.map_or(&[], |(_, rest)| rest);
            Some(found.map(|(part, _)| part))
        })
    }

    /// The name of the chain that begins after it, if it is the head of one.
    pub fn chain_name(&self) -> Option<&'a str> {
        let (name, _, info) = self.target;
        (name == "ERROR").then(|| text(info))
    }

    /// What the standard target does; None if it has another.
    pub fn verdict(&self) -> Option<Verdict> {
        let (name, _, info) = self.target;
        if !name.is_empty() {
            return None;
        }
        let (verdict, _) = i32::read_from_prefix(info).ok()?;
        // A verdict is kept as minus itself minus one (`ipt_do_table`).
        Some(match verdict {
            -1 => Verdict::Drop,
            -2 => Verdict::Accept,
            -4 => Verdict::Queue,
            // `XT_RETURN`.
            -5 => Verdict::Return,
            offset => u32::try_from(offset).map_or(Verdict::Other, Verdict::To),
        })
    }
}

/// The match or target at the beginning of the bytes, and what follows it.
fn part(bytes: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let (head, _) = Head::ref_from_prefix(bytes).ok()?;
    let (whole, rest) = bytes.split_at_checked(usize::from(head.size))?;
    let info = whole.get(size_of::<Head>()..)?;
    Some(((text(&head.name), head.revision, info), rest))
}

/// A string that ends with a zero byte or with its room. None of the kernel's names is anything but ASCII.
fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or("?")
}

impl Entry4 {
    fn header(&self) -> Header {
        let number = |bytes| u128::from(u32::from_be_bytes(bytes));
        let protocol = (self.protocol != 0).then_some(Protocol { number: self.protocol, inverted: self.inverted & PROTOCOL != 0 });
        Header {
            source: Address { address: number(self.source), mask: number(self.source_mask), inverted: self.inverted & SOURCE != 0 },
            destination: Address {
                address: number(self.destination),
                mask: number(self.destination_mask),
                inverted: self.inverted & DESTINATION != 0,
            },
            incoming: self.names.incoming(self.inverted),
            outgoing: self.names.outgoing(self.inverted),
            protocol,
            fragment: (self.flags & FRAGMENT_4 != 0 || self.inverted & FRAGMENT != 0).then_some(self.inverted & FRAGMENT == 0),
        }
    }
}

impl Entry6 {
    fn header(&self) -> Header {
        let number = u128::from_be_bytes;
        let protocol =
            (self.flags & PROTOCOL_6 != 0).then_some(Protocol { number: self.protocol, inverted: self.inverted & PROTOCOL != 0 });
        Header {
            source: Address { address: number(self.source), mask: number(self.source_mask), inverted: self.inverted & SOURCE != 0 },
            destination: Address {
                address: number(self.destination),
                mask: number(self.destination_mask),
                inverted: self.inverted & DESTINATION != 0,
            },
            incoming: self.names.incoming(self.inverted),
            outgoing: self.names.outgoing(self.inverted),
            protocol,
            fragment: None,
        }
    }
}

impl Names {
    fn incoming(&self, inverted: u8) -> Option<Box<Interface>> {
        interface(self.incoming, self.incoming_mask, inverted & INCOMING != 0)
    }

    fn outgoing(&self, inverted: u8) -> Option<Box<Interface>> {
        interface(self.outgoing, self.outgoing_mask, inverted & OUTGOING != 0)
    }
}

fn interface(name: [u8; NAME], mask: [u8; NAME], inverted: bool) -> Option<Box<Interface>> {
    (mask != [0; NAME] || inverted).then(|| Box::new(Interface { name, mask, inverted }))
}
