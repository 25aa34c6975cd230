//! One host, as one IP version sees it.

use super::{Chain, ChainId, Hook, MatchSet, Routing, Settings, Socket, chain::ChainKind, step::Condition};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IpVersion {
    V4,
    V6,
}

/// An interface.
#[derive(Debug, Clone)]
pub struct Interface {
    pub index: u32,
    pub name: String,
    pub loopback: bool,
    pub up: bool,
    /// Own addresses of this IP version, primary first, as numbers with the prefix length.
    pub addresses: Vec<(u128, u8)>,
    pub mtu: u32,
    /// Its interface group.
    pub group: u32,
    /// Whoever sends by it has to know the receiver's hardware address (`ndisc_constructor`).
    pub resolves: bool,
    /// A bridge whose frames visit the hooks of IP (`bridge-nf-call-iptables` and its like).
    pub filters_frames: bool,
    /// The routers that routes of this IP version lead to on it.
    pub gateways: Vec<u128>,
    /// Neighbours whose hardware address was set by hand (`NUD_PERMANENT`).
    pub neighbours: Vec<u128>,
}

/// The model of a host for one IP version.
#[derive(Debug, Clone)]
pub struct Host {
    pub version: IpVersion,
    pub interfaces: Vec<Interface>,
    /// All chains that packets of this version can visit.
    pub chains: Vec<Chain>,
    /// Base chains in the order in which the kernel runs them.
    pub hooks: Vec<(Hook, Vec<ChainId>)>,
    pub sets: Vec<MatchSet>,
    pub conditions: Vec<Condition>,
    /// Conntrack is active for this version: a rule reads it or NAT is used (`nf_ct_netns_get`).
    pub conntrack: bool,
    /// A rule reads the route that a packet has ([`super::Field::NextHop`]).
    pub reads_route: bool,
    /// A rule reads [`super::Field::Priority`].
    pub reads_priority: bool,
    /// Policy rules and routes.
    pub routing: Routing,
    /// The sysctls that decide.
    pub settings: Settings,
    /// Sockets that take packets of this version.
    pub sockets: Vec<Socket>,
}

impl Host {
    /// The base chains of a hook in the order in which the kernel runs them.
    #[must_use]
    pub fn chains_at(&self, hook: Hook) -> &[ChainId] {
        self.hooks.iter().find(|(each, _)| *each == hook).map_or(&[], |(_, chains)| chains)
    }

    /// How many rules it has, of both kinds of tables: what following a packet may cost.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.chains.iter().map(|chain| chain.rules.len()).sum()
    }

    /// Whether NAT is active: there is a nat base chain (`nf_nat_register_fn`).
    #[must_use]
    pub fn translates(&self) -> bool {
        self.translating_chains().next().is_some()
    }

    /// The nat base chains.
    pub fn translating_chains(&self) -> impl Iterator<Item = ChainId> {
        let kind = |id: &ChainId| self.chains[id.0 as usize].base.as_ref().map(|base| base.kind);
        self.hooks.iter().flat_map(|(_, chains)| chains).copied().filter(move |id| kind(id) == Some(ChainKind::Nat))
    }
}
