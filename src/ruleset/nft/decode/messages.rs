//! The netlink messages of a dump, read in place.

use crate::ruleset::nft::Family;

/// `NFT_MSG_NEW*`, as the subsystem's number (`NFNL_SUBSYS_NFTABLES`, 10) and the message's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Table = 0x0a00,
    Chain = 0x0a03,
    Rule = 0x0a06,
    Set = 0x0a09,
    Elements = 0x0a0c,
    Object = 0x0a12,
    Flowtable = 0x0a16,
}

impl Kind {
    /// What the operator calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "tables",
            Self::Chain => "chains",
            Self::Rule => "rules",
            Self::Set => "sets",
            Self::Elements => "set elements",
            Self::Object => "objects",
            Self::Flowtable => "flowtables",
        }
    }
}

/// One message of nf_tables.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub family: Family,
    pub attributes: &'a [u8],
}

/// Why not everything could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the record of nf_tables' {} is cut off or damaged", .0.name())]
    Damaged(Kind),
    #[error("nf_tables' {} are mixed with messages of another kind ({:#x})", .0.name(), .1)]
    Foreign(Kind, u16),
    #[error("some of nf_tables' {} are of a family that is not known here ({})", .0.name(), .1)]
    UnknownFamily(Kind, u8),
    #[error("some of nf_tables' {} could not be understood", .0.name())]
    NotUnderstood(Kind),
    #[error("some of nf_tables' {} belong to a table or chain that was not recorded", .0.name())]
    Orphan(Kind),
    #[error("some of nf_tables' {} were recorded twice", .0.name())]
    Twice(Kind),
}

const NLMSG_NOOP: u16 = 1;
const NLMSG_DONE: u16 = 3;
/// Bytes of `struct nlmsghdr`.
const NLMSG_HDRLEN: usize = 16;
/// With those of `struct nfgenmsg`.
const HEADER: usize = NLMSG_HDRLEN + 4;

/// The messages of one dump.
pub struct Messages<'a> {
    bytes: &'a [u8],
    kind: Kind,
}

impl<'a> Messages<'a> {
    pub fn new(bytes: &'a [u8], kind: Kind) -> Self {
        Self { bytes, kind }
    }

    /// The next message whatever its kind: its type and its bytes with the header; None at the end, or if what follows is no message.
    fn any(&mut self) -> Option<(u16, &'a [u8])> {
        let (&[l0, l1, l2, l3, t0, t1], _) = self.bytes.split_first_chunk()?;
        let len = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
        let message = self.bytes.get(..len).filter(|message| message.len() >= NLMSG_HDRLEN)?;
        self.bytes = self.bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_ne_bytes([t0, t1]), message))
    }

    /// Gives up: no more messages follow this fault.
    fn fail(&mut self, fault: Fault) -> Option<Result<Message<'a>, Fault>> {
        self.bytes = &[];
        Some(Err(fault))
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.bytes.is_empty() {
            let Some((number, message)) = self.any() else { return self.fail(Fault::Damaged(self.kind)) };
            match (number, message.get(NLMSG_HDRLEN), message.get(HEADER..)) {
                (NLMSG_NOOP | NLMSG_DONE, ..) => {}
                (number, ..) if number != self.kind as u16 => return self.fail(Fault::Foreign(self.kind, number)),
                (_, Some(&family), Some(attributes)) => {
                    let message = Family::from_number(family).map(|family| Message { family, attributes });
                    return Some(message.ok_or(Fault::UnknownFamily(self.kind, family)));
                }
                _ => return self.fail(Fault::Damaged(self.kind)),
            }
        }
        None
    }
}
