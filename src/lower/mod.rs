//! Rules to model: what the ruleset of a host says to packets of one IP version.
//!
//! Nothing is skipped: what is not modelled becomes a [`crate::model::step::Condition`] with its text, and what rests on it is undecided.

mod context;

mod headers;

mod ipsec;

pub mod nft;

pub mod xtables;

pub mod ipset;

pub mod routing;

pub mod settings;

pub mod sockets;

use std::collections::BTreeMap;

use context::Context;
use rustc_hash::FxHashMap;

use crate::{
    model::{ChainId, Host, Interface, IpVersion, Settings},
    network::Network,
    obstacles, ruleset,
    snapshot::Snapshot,
};

/// A host's model, and the way back to the rules as their own language says them.
#[derive(Debug, Clone)]
pub struct Lowered {
    pub host: Host,
    pub origins: Vec<Origin>,
    /// Base chains that packets of this version do not visit here, each as a sentence: dormant tables, bridge chains. And what rules are taken for
    /// that ask what is not seen.
    pub left_out: Vec<String>,
}

/// Where a chain of the model comes from: indexes into the tables of a ruleset and the table's chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Of [`ruleset::nft::Ruleset::tables`].
    Nft { table: usize, chain: usize },
    /// Of [`ruleset::xtables::Ruleset::tables`].
    Xtables { table: usize, chain: usize },
}

impl Lowered {
    /// Where a chain comes from.
    #[must_use]
    pub fn origin(&self, chain: ChainId) -> Option<Origin> {
        self.origins.get(chain.0 as usize).copied()
    }
}

/// The rules of a host, of both back ends.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub nft: &'a ruleset::nft::Ruleset,
    pub xtables: &'a ruleset::xtables::Ruleset,
    pub ipsets: &'a ruleset::ipset::Ipsets,
}

/// The model of a host as packets of one IP version see it.
#[must_use]
pub fn host<'a>(rules: Rules<'a>, network: &'a Network, snapshot: &Snapshot, version: IpVersion) -> Lowered {
    let mut context = Context::new(network, version);
    context.accounting = snapshot.sysctls.get("net/netfilter/nf_conntrack_acct").map(|value| value.trim() != "0");
    context.labels = nft::conntrack::sets_labels(rules.nft) || !rules.xtables.tables.is_empty();
    context.ipsets = ipset::Sets::new(rules.ipsets, ipset::usages(rules));
    let policies = || obstacles::ipsec::policies(snapshot).into_iter().filter(|policy| policy.version() == version);
    context.ipsec = snapshot.obstacles.policies.as_ref().map(|_| policies().collect());
    context.default_backend = snapshot.iptables;
    let (mut chains, mut origins) = (Vec::new(), Vec::new());
    let mut left_out = nft::lower(rules.nft, &mut context, &mut chains, &mut origins);
    xtables::lower(rules.xtables, &mut context, &mut chains, &mut origins);
    left_out.extend(context.assumes_unprotected.then(|| ipsec::ASSUMPTION.to_owned()));
    let mut legacy = rules.xtables.tables.iter().filter(|table| table.version == version);
    let host = Host {
        version,
        interfaces: interfaces(network, &snapshot.sysctls, version),
        hooks: nft::hooks::order(&chains),
        chains,
        conntrack: nft::conntrack::is_active(rules.nft, version) || legacy.any(xtables::tracks),
        sets: context.sets.model,
        conditions: context.conditions,
        reads_route: context.reads_route,
        reads_priority: context.reads_priority,
        routing: routing::lower(network, version),
        settings: Settings {
            fib_trusts_loopback_in_input: release(&snapshot.kernel) >= (6, 15),
            ..settings::lower(network, &snapshot.sysctls, version)
        },
        sockets: sockets::lower(network, version),
    };
    Lowered { host, origins, left_out }
}

/// Major and minor number of a kernel's release; of one that can't be read, a new one's.
fn release(text: &str) -> (u32, u32) {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (u32::MAX, 0),
    }
}

/// The interfaces with their addresses of one version.
fn interfaces(network: &Network, sysctls: &BTreeMap<String, String>, version: IpVersion) -> Vec<Interface> {
    let own = |link: u32| {
        let of_link = network.addresses.iter().filter(move |address| address.link == link);
        of_link.filter_map(move |address| match (version, address.local) {
            (IpVersion::V4, ipnet::IpNet::V4(net)) => Some((u128::from(u32::from(net.addr())), net.prefix_len())),
            (IpVersion::V6, ipnet::IpNet::V6(net)) => Some((u128::from(net.addr()), net.prefix_len())),
            _ => None,
        })
    };
    let gateways = gateways(network, version);
    let interface = |link: &crate::network::Link| Interface {
        index: link.index,
        name: link.name.clone(),
        loopback: link.loopback,
        up: link.up,
        addresses: own(link.index).collect(),
        mtu: link.mtu,
        group: link.group,
        resolves: link.resolves,
        filters_frames: network.bridges_call_rules(link, version, sysctls),
        gateways: gateways.get(&link.index).cloned().unwrap_or_default(),
        neighbours: neighbours(network, link.index, version),
    };
    network.links.iter().map(interface).collect()
}

/// The routers that routes lead to, by the index of their link.
fn gateways(network: &Network, version: IpVersion) -> FxHashMap<u32, Vec<u128>> {
    let mut gateways: FxHashMap<u32, Vec<u128>> = FxHashMap::default();
    for hop in network.routes.iter().flat_map(|route| &route.nexthops) {
        if let Some(gateway) = hop.gateway.and_then(|gateway| routing::number(gateway, version)) {
            let known = gateways.entry(hop.link).or_default();
            if !known.contains(&gateway) {
                known.push(gateway);
            }
        }
    }
    gateways
}

fn neighbours(network: &Network, link: u32, version: IpVersion) -> Vec<u128> {
    let of_link = network.neighbours.iter().filter(|each| each.link == link);
    of_link.filter_map(|each| routing::number(each.address, version)).collect()
}
