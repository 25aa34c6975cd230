//! The record of one host: what the kernel said, byte for byte, and every question asked with its answer.
//!
//! Netlink answers are kept as the raw messages, so that a later version can decode what this one does not understand, and so that an
//! audit from a file is the same computation as an audit of the running host.

pub mod answers;

pub mod described;

pub mod file;

pub mod messages;

pub mod obstacles;

pub mod secrets;

pub mod traffic;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::chain::Backend;

/// The version of the format that this program writes. Older ones are read; newer ones are refused with a clear error.
pub const VERSION: u32 = 1;

/// One host, or one network namespace of it, at one time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`VERSION`] of the program that wrote it.
    pub version: u32,
    /// Version of clearway that wrote it.
    pub clearway: String,
    /// When, RFC 3339 in UTC.
    pub taken: String,
    /// `uname -r`.
    pub kernel: String,
    /// Host name.
    pub host: String,
    /// The network namespace as the user named it; none for the one of the program.
    pub netns: Option<String>,
    /// nf_tables.
    pub nft: NftRecord,
    /// ipsets.
    #[serde(default)]
    pub ipset: IpsetRecord,
    /// RTM_NEWLINK messages.
    pub links: Messages,
    /// RTM_NEWADDR messages of both families.
    pub addresses: Messages,
    /// RTM_NEWROUTE messages of both families and every table.
    pub routes: Messages,
    /// RTM_NEWRULE messages of both families.
    pub policy_rules: Messages,
    /// RTM_NEWNEXTHOP messages.
    pub nexthops: Messages,
    /// RTM_NEWNEIGH messages of neighbours of both families that were set by hand, or did not answer when they were asked for.
    #[serde(default)]
    pub neighbours: Messages,
    /// SOCK_DIAG_BY_FAMILY answers for listening TCP and unconnected UDP sockets of both families.
    pub sockets: Messages,
    /// Owners of sockets.
    pub owners: Vec<Owner>,
    /// Programs that run here and may be proxies.
    #[serde(default)]
    pub processes: Vec<Process>,
    /// Other network namespaces of this host in which programs run that may be proxies, and to which links lead from here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Inner>,
    /// Values under /proc/sys that the simulation reads, by path relative to /proc/sys with slashes.
    pub sysctls: BTreeMap<String, String>,
    /// What stops packets beside rules and routes.
    #[serde(default)]
    pub obstacles: obstacles::Obstacles,
    /// What was seen to travel.
    #[serde(default)]
    pub traffic: traffic::Traffic,
    /// The back end that the program `iptables` works on; none if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iptables: Option<Backend>,
    /// Legacy iptables tables.
    #[serde(default)]
    pub legacy: Vec<LegacyTable>,
    /// Texts of `iptables-save` in the stead of a kernel's rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub iptables_save: Vec<SavedText>,
    /// Texts of `ip6tables-save` in the stead of a kernel's rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip6tables_save: Vec<SavedText>,
    /// Outputs of `nft -j list ruleset` in the stead of a kernel's rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nft_json: Vec<SavedText>,
    /// The host around such texts, if it was not collected either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<described::Description>,
    /// Questions asked through the world, and their answers.
    pub answers: answers::Answers,
    /// What was asked about the rules of the next boot ([`crate::saved::questions`]); nothing in another network namespace than the boot's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_boot: Vec<(crate::world::Question, crate::world::Answer)>,
    /// What could not be read, and why.
    pub missing: Vec<Missing>,
}

impl Snapshot {
    /// Whether there are sets of which only single keys can be asked.
    #[must_use]
    pub fn has_unread_sets(&self) -> bool {
        self.nft.elements.iter().any(|set| !set.whole) || self.ipset.elements.iter().any(|set| !set.whole)
    }
}

/// Raw netlink messages one after the other, each with its `nlmsghdr`, aligned to 4 bytes. Base64 in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Messages(pub Vec<u8>);

/// nf_tables' own messages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NftRecord {
    /// `NFTA_GEN_ID` under which all of this was read.
    pub generation: u32,
    /// NFT_MSG_NEWTABLE.
    pub tables: Messages,
    /// NFT_MSG_NEWCHAIN.
    pub chains: Messages,
    /// NFT_MSG_NEWRULE.
    pub rules: Messages,
    /// NFT_MSG_NEWSET.
    pub sets: Messages,
    /// NFT_MSG_NEWOBJ.
    pub objects: Messages,
    /// NFT_MSG_NEWFLOWTABLE.
    pub flowtables: Messages,
    /// NFT_MSG_NEWSETELEM of each set.
    pub elements: Vec<ElementsRecord>,
}

/// One table of legacy iptables, as the kernel handed it out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LegacyTable {
    /// ip6tables, not iptables.
    pub ipv6: bool,
    /// raw, mangle, nat, filter, security.
    pub name: String,
    /// A bit for each hook that it has (`valid_hooks`).
    pub hooks: u32,
    /// Offset of each hook's first rule (`hook_entry`).
    pub first: [u32; 5],
    /// Offset of each hook's policy (`underflow`).
    pub policy: [u32; 5],
    /// The block of entries.
    pub entries: Messages,
}

/// The elements of one set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ElementsRecord {
    /// `NFPROTO_*` of its table.
    pub family: u8,
    /// Its table.
    pub table: String,
    /// Its name.
    pub set: String,
    /// True if `messages` hold every element; false if the set is too big and single keys are asked.
    pub whole: bool,
    /// Number of elements if the kernel told it.
    pub count: Option<u64>,
    /// The elements' messages; empty unless `whole`.
    pub messages: Messages,
}

/// ipset's own messages, and texts in their stead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpsetRecord {
    /// IPSET_CMD_LIST answers with the header of each set.
    pub sets: Messages,
    /// The elements of each set.
    pub elements: Vec<IpsetElements>,
    /// Texts of `ipset save`, where there was no kernel to ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<SavedText>,
}

/// The elements of one ipset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpsetElements {
    /// Its name.
    pub set: String,
    /// True if `messages` hold every element; false if the set is too big and single keys are asked.
    pub whole: bool,
    /// IPSET_CMD_LIST answers; empty unless `whole`.
    pub messages: Messages,
}

/// A text that stands for what a kernel would have told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedText {
    /// The file's name, for complaints.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Who owns a socket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Owner {
    /// The socket's inode.
    pub inode: u32,
    /// Process id in the program's pid namespace.
    pub pid: u32,
    /// `/proc/PID/comm`.
    pub command: String,
    /// `/proc/PID/exe`, if readable.
    pub executable: Option<String>,
    /// Effective user id.
    pub uid: u32,
    /// The user's name, if the host knows it.
    pub user: Option<String>,
    /// systemd unit from the cgroup path.
    pub unit: Option<String>,
    /// Container id from the cgroup path.
    pub container: Option<String>,
    /// The cgroup path that these are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
    /// What the security module confines it by: `nginx (enforce)`, `system_u:system_r:httpd_t:s0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A running program, as far as its configuration can be found through it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id in the program's pid namespace.
    pub pid: u32,
    /// That of its parent.
    pub parent: u32,
    /// `/proc/PID/comm`.
    pub command: String,
    /// `/proc/PID/exe`, if readable.
    pub executable: Option<String>,
    /// `/proc/PID/cmdline`; one entry where the process wrote a title over it.
    pub arguments: Vec<String>,
    /// `/proc/PID/cwd`, if readable.
    pub folder: Option<String>,
    /// Effective user id.
    pub uid: u32,
    /// Its group and supplementary groups, if known.
    #[serde(default)]
    pub gids: Vec<u32>,
    /// Whether it sees other files than this program does (a container, a chroot).
    pub own_root: bool,
}

/// Another network namespace of the same host, of a container mostly.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Inner {
    /// The number by which links of the outer one name it (`IFLA_LINK_NETNSID`).
    pub id: i32,
    /// Its links, addresses, routes, settings and processes; not its rules.
    pub snapshot: Snapshot,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What, in the operator's words ("nf_tables rules", "owners of sockets").
    pub what: String,
    /// Why, naming the capability or error.
    pub why: String,
    /// True if verdicts may be wrong without it (exit 3); false if only descriptions suffer.
    pub decisive: bool,
}

impl Serialize for Messages {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD.decode(text.as_ref()).map(Self).map_err(serde::de::Error::custom)
    }
}
