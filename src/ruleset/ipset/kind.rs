//! The types of sets: how they store what, and in which order `ipset save` writes their options.

use super::options::Name::{self, *};

/// How a type stores its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Bitmap,
    Hash,
    List,
}

/// What a part of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// An address.
    Ip,
    /// A network.
    Net,
    /// A port of TCP or UDP, whichever.
    Port,
    /// A protocol with its port, or its ICMP type and code.
    ProtocolPort,
    /// An Ethernet address.
    Mac,
    /// A packet mark.
    Mark,
    /// An interface.
    Interface,
    /// Another set.
    Set,
}

/// A type of sets.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    pub name: &'static str,
    /// Its name in ipset 4 and before.
    pub alias: &'static str,
    pub storage: Storage,
    pub dimensions: &'static [Dimension],
    /// Whether a set of it is of one IP version, told as `family`.
    pub of_family: bool,
    /// Its options in the order in which they are printed.
    pub options: &'static [Name],
}

impl Kind {
    /// The type of this name or alias.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name || kind.alias == name)
    }

    /// Whether some part of it is a network: then elements may be exceptions, and the most specific network decides.
    #[must_use]
    pub fn has_networks(&self) -> bool {
        self.dimensions.contains(&Dimension::Net)
    }
}

const BITMAP: &[Name] = &[Range, Timeout, Counters, Comment, SkbInfo];
const HASH: &[Name] = &[Family, HashSize, MaxElements, Timeout, Counters, Comment, SkbInfo, BucketSize, InitialValue];

const fn hash(name: &'static str, alias: &'static str, dimensions: &'static [Dimension], options: &'static [Name]) -> Kind {
    Kind { name, alias, storage: Storage::Hash, dimensions, of_family: true, options }
}

const fn bitmap(name: &'static str, alias: &'static str, dimensions: &'static [Dimension], options: &'static [Name]) -> Kind {
    Kind { name, alias, storage: Storage::Bitmap, dimensions, of_family: false, options }
}

use Dimension::{Interface, Ip, Mac, Mark, Net, Port, ProtocolPort, Set};

/// Every type of sets.
pub static KINDS: [Kind; 16] = [
    bitmap("bitmap:ip", "ipmap", &[Ip], &[Range, NetMask, Timeout, Counters, Comment, SkbInfo]),
    bitmap("bitmap:ip,mac", "macipmap", &[Ip, Mac], BITMAP),
    bitmap("bitmap:port", "portmap", &[Port], BITMAP),
    hash(
        "hash:ip",
        "iphash",
        &[Ip],
        &[Family, HashSize, MaxElements, NetMask, BitMask, Timeout, Counters, Comment, SkbInfo, BucketSize, InitialValue],
    ),
    Kind { of_family: false, ..hash("hash:mac", "machash", &[Mac], HASH) },
    hash("hash:ip,mac", "ipmachash", &[Ip, Mac], HASH),
    hash("hash:net", "nethash", &[Net], HASH),
    hash(
        "hash:net,net",
        "netnethash",
        &[Net, Net],
        &[Family, HashSize, MaxElements, Timeout, Counters, Comment, SkbInfo, BucketSize, InitialValue, BitMask, NetMask],
    ),
    hash(
        "hash:ip,port",
        "ipporthash",
        &[Ip, ProtocolPort],
        &[Family, HashSize, MaxElements, Timeout, Counters, Comment, SkbInfo, BucketSize, InitialValue, NetMask, BitMask],
    ),
    hash("hash:net,port", "netporthash", &[Net, ProtocolPort], HASH),
    hash("hash:ip,port,ip", "ipportiphash", &[Ip, ProtocolPort, Ip], HASH),
    hash("hash:ip,port,net", "ipportnethash", &[Ip, ProtocolPort, Net], HASH),
    hash("hash:net,port,net", "netportnethash", &[Net, ProtocolPort, Net], HASH),
    hash(
        "hash:ip,mark",
        "ipmarkhash",
        &[Ip, Mark],
        &[Family, MarkMask, HashSize, MaxElements, Timeout, Counters, Comment, SkbInfo, BucketSize, InitialValue],
    ),
    hash("hash:net,iface", "netifacehash", &[Net, Interface], HASH),
    Kind {
        name: "list:set",
        alias: "setlist",
        storage: Storage::List,
        dimensions: &[Set],
        of_family: false,
        options: &[Size, Timeout, Counters, Comment, SkbInfo],
    },
];
