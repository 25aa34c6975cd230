//! The routing of one host for one IP version: policy rules, tables, routes.

mod table;

use smallvec::SmallVec;

pub use table::{Group, Lead, NodeId, RouteId, Table};

/// `RT_TABLE_MAIN`.
pub const MAIN: u32 = 254;

/// `RT_TABLE_LOCAL`.
pub const LOCAL: u32 = 255;

/// A prefix: its address with all bits below cleared, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    pub address: u128,
    pub length: u8,
}

impl Prefix {
    /// The lowest and the highest address in it, of `width` bits.
    #[must_use]
    pub fn range(self, width: u8) -> (u128, u128) {
        let free = u32::from(width.saturating_sub(self.length));
        let below = if free >= 128 { u128::MAX } else { (1 << free) - 1 };
        (self.address & !below, self.address | below)
    }
}

/// Policy rules and tables.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// By rising priority; rules of the same priority in the order in which they were added.
    pub rules: Vec<PolicyRule>,
    /// By their number.
    pub tables: Vec<Table>,
    /// Number of the table that tells the type of an address: the local one, or the one that it shares a trie with (see the lowering).
    pub local_table: u32,
    /// A rule was added to the three that the kernel makes (`fib4_has_custom_rules`).
    pub custom_rules: bool,
    /// The local table has routes that follow from no address (`fib_has_custom_local_routes`).
    pub custom_local_routes: bool,
    /// Interfaces whose packets are routed by a VRF, which is not modelled.
    pub vrf_members: Vec<u32>,
}

impl Routing {
    /// The table of this number.
    #[must_use]
    pub fn table(&self, number: u32) -> Option<&Table> {
        self.tables.binary_search_by_key(&number, |table| table.number).ok().map(|at| &self.tables[at])
    }
}

/// A policy rule. What is none matches every packet.
#[derive(Debug, Clone, Default)]
pub struct PolicyRule {
    pub priority: u32,
    /// Applies to the packets that do *not* match.
    pub invert: bool,
    pub source: Option<Prefix>,
    pub destination: Option<Prefix>,
    /// The DSCP under a mask: IPv4 compares only the low three bits of it (`IPTOS_RT_MASK`). Mask and value.
    pub dscp: Option<(u8, u8)>,
    /// Index of the incoming interface: that of `lo` means sent by this host. [`PolicyRule::NO_INTERFACE`] if there is none of its name.
    pub incoming: Option<u32>,
    /// Index of the interface that the sender is bound to.
    pub outgoing: Option<u32>,
    /// Value and mask.
    pub mark: Option<(u32, u32)>,
    pub protocol: Option<u8>,
    pub source_ports: Option<(u16, u16)>,
    pub destination_ports: Option<(u16, u16)>,
    pub uids: Option<(u32, u32)>,
    /// Matches only what comes from or goes to a VRF.
    pub vrf: bool,
    /// A route found whose prefix is not longer than this does not count.
    pub suppress_length: Option<u8>,
    /// A route found that leads out of an interface of this group does not count.
    pub suppress_group: Option<u32>,
    pub action: PolicyAction,
    /// Why it can't be told whether or how it applies.
    pub unknown: Option<String>,
}

impl PolicyRule {
    /// The index that no packet has (the kernel's -1).
    pub const NO_INTERFACE: u32 = u32::MAX;
}

/// What a policy rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PolicyAction {
    /// Look this table up; go on if nothing is found.
    Table(u32),
    /// Go on with the first rule of this priority, or with the next one if there is none.
    Goto(u32),
    #[default]
    Nop,
    /// The lookup fails.
    Fail(Failure),
}

/// How a lookup fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// `ENETUNREACH`: no route, or an unreachable rule.
    NoRoute,
    /// `EHOSTUNREACH`: an unreachable route.
    Unreachable,
    /// `EACCES`.
    Prohibited,
    /// `EINVAL`: silently dropped.
    Blackhole,
}

/// The type of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteKind {
    Unicast,
    Local,
    Broadcast,
    Anycast,
    Multicast,
    /// It answers with an error.
    Fail(Failure),
    /// The lookup goes on with the next policy rule.
    Throw,
}

impl RouteKind {
    /// `RTN_*`.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Unicast => 1,
            Self::Local => 2,
            Self::Broadcast => 3,
            Self::Anycast => 4,
            Self::Multicast => 5,
            Self::Fail(Failure::Blackhole) => 6,
            Self::Fail(Failure::NoRoute | Failure::Unreachable) => 7,
            Self::Fail(Failure::Prohibited) => 8,
            Self::Throw => 9,
        }
    }
}

/// A route.
#[derive(Debug, Clone)]
pub struct Route {
    pub prefix: Prefix,
    /// IPv6: only for packets from here.
    pub source: Option<Prefix>,
    /// IPv4: only for packets whose DSCP has these low three bits; 0 is any.
    pub dscp: u8,
    pub metric: u32,
    pub kind: RouteKind,
    /// RT_SCOPE_*.
    pub scope: u8,
    pub preferred_source: Option<u128>,
    /// Where it leads; several are chosen from by the kernel.
    pub hops: SmallVec<[Hop; 1]>,
    /// Why it can't be told what it does.
    pub unknown: Option<String>,
}

/// A nexthop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hop {
    pub interface: u32,
    pub gateway: Option<u128>,
    /// Not used now: its interface is down.
    pub dead: bool,
}
