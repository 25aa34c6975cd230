//! Base chains: which hook leads into them, and in which order the kernel runs them.

use crate::{
    model::{self, Chain, ChainId, Hook, chain::ChainKind},
    network::Network,
    ruleset::nft::{Base, Family},
};

/// A base chain; None if its hook is not one of this family.
#[must_use]
pub fn base(family: Family, base: &Base, network: &Network) -> Option<model::Base> {
    let kind = match base.kind.as_str() {
        "nat" => ChainKind::Nat,
        "route" => ChainKind::Route,
        _ => ChainKind::Filter,
    };
    let devices = network.links.iter().filter(|link| base.devices.iter().any(|device| names(device, &link.name)));
    Some(model::Base {
        hook: hook(family, base.hook)?,
        kind,
        priority: base.priority,
        policy_drop: base.policy_drop,
        devices: devices.map(|link| link.index).collect(),
    })
}

/// A device, or since kernel 6.16 a prefix of names.
fn names(device: &str, link: &str) -> bool {
    device.strip_suffix('*').map_or(device == link, |prefix| link.starts_with(prefix))
}

/// `NF_INET_*` and `NF_NETDEV_*`.
fn hook(family: Family, number: u32) -> Option<Hook> {
    Some(match (family, number) {
        (Family::Netdev, 0) | (Family::Inet, 5) => Hook::Ingress,
        (Family::Netdev, 1) => Hook::Egress,
        // NF_ARP_IN, NF_ARP_OUT; NF_ARP_FORWARD is a bridge's.
        (Family::Arp, 0) => Hook::ArpInput,
        (Family::Arp, 1) => Hook::ArpOutput,
        (Family::Ip | Family::Ip6 | Family::Inet, 0) => Hook::Prerouting,
        (Family::Ip | Family::Ip6 | Family::Inet, 1) => Hook::Input,
        (Family::Ip | Family::Ip6 | Family::Inet, 2) => Hook::Forward,
        (Family::Ip | Family::Ip6 | Family::Inet, 3) => Hook::Output,
        (Family::Ip | Family::Ip6 | Family::Inet, 4) => Hook::Postrouting,
        _ => return None,
    })
}

/// The base chains of each hook in the order in which they run: by priority, and of equal ones the later registered first
/// (`nf_hook_entries_grow`). Chains are given in the order of the kernel's dump, which is that of their creation within a table.
#[must_use]
pub fn order(chains: &[Chain]) -> Vec<(Hook, Vec<ChainId>)> {
    const HOOKS: [Hook; 9] = [
        Hook::Ingress,
        Hook::Prerouting,
        Hook::Input,
        Hook::Forward,
        Hook::Output,
        Hook::Postrouting,
        Hook::Egress,
        Hook::ArpInput,
        Hook::ArpOutput,
    ];
    let of_hook = |hook: Hook| {
        let mut found: Vec<(i32, ChainId)> =
            (0..).zip(chains).filter_map(|(id, chain)| at(chain, hook).map(|priority| (priority, ChainId(id)))).collect();
        found.reverse();
        found.sort_by_key(|&(priority, _)| priority);
        (hook, found.into_iter().map(|(_, id)| id).collect::<Vec<_>>())
    };
    HOOKS.into_iter().map(of_hook).filter(|(_, chains)| !chains.is_empty()).collect()
}

fn at(chain: &Chain, hook: Hook) -> Option<i32> {
    chain.base.as_ref().filter(|base| base.hook == hook).map(|base| base.priority)
}
