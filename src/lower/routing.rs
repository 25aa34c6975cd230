//! Routes and policy rules to model: as the kernel orders them, with its own fast paths.

use std::net::IpAddr;

use ipnet::IpNet;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::{
    model::{
        IpVersion,
        routing::{self, Failure, Hop, PolicyAction, PolicyRule, Prefix, Route, RouteKind, Routing, Table},
    },
    network::{self, Network},
};

/// The routing of one IP version.
#[must_use]
pub fn lower(network: &Network, version: IpVersion) -> Routing {
    let rules = rules(network, version);
    let custom_rules = !is_default(&rules, version);
    // While nobody adds a rule, IPv4 keeps the local and the main table in one trie and looks them up at once (`fib_new_table`,
    // `fib_trie_table`): a longer prefix of the main table wins over a shorter one of the local table.
    let merged = version == IpVersion::V4 && !custom_rules;
    let rules = if merged { rules.into_iter().filter(|rule| rule.action != PolicyAction::Table(routing::LOCAL)).collect() } else { rules };
    let mut lengths: Vec<u8> = rules.iter().filter_map(|rule| rule.suppress_length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    Routing {
        tables: tables(network, version, merged, &lengths),
        rules,
        local_table: if merged { routing::MAIN } else { routing::LOCAL },
        custom_rules,
        custom_local_routes: has_custom_local_routes(network, version),
        vrf_members: vrf_members(network),
    }
}

fn tables(network: &Network, version: IpVersion, merged: bool, lengths: &[u8]) -> Vec<Table> {
    let mut by_number: FxHashMap<u32, Vec<(u32, Route)>> = FxHashMap::default();
    for route in &network.routes {
        if let Some(lowered) = self::route(route, version) {
            let number = if merged && route.table == routing::LOCAL { routing::MAIN } else { route.table };
            by_number.entry(number).or_default().push((route.table, lowered));
        }
    }
    let width = width(version);
    let mut tables: Vec<Table> = by_number
        .into_iter()
        .map(|(number, mut routes)| {
            // `fib_find_alias`: of one prefix the higher table first (in a shared trie), then the higher TOS, then the lower metric.
            // IPv6 (`fib6_add_1`, `fib6_add_rt2node`): the longer source first, then the lower metric.
            routes.sort_by_key(|(table, route)| {
                let source = route.source.map_or(0, |prefix| prefix.length);
                (std::cmp::Reverse((*table, source, route.dscp)), route.metric)
            });
            Table::new(number, width, routes.into_iter().map(|(_, route)| route).collect(), lengths)
        })
        .collect();
    tables.sort_by_key(|table| table.number);
    tables
}

/// None for a route of the other version, and for one that has no living nexthop: lookups pass over it.
fn route(route: &network::Route, version: IpVersion) -> Option<Route> {
    let prefix = prefix(route.destination, version)?;
    let (kind, strange) = match route.kind {
        network::RouteKind::Unicast => (RouteKind::Unicast, None),
        network::RouteKind::Local => (RouteKind::Local, None),
        network::RouteKind::Broadcast => (RouteKind::Broadcast, None),
        network::RouteKind::Anycast => (RouteKind::Anycast, None),
        network::RouteKind::Multicast => (RouteKind::Multicast, None),
        network::RouteKind::Blackhole => (RouteKind::Fail(Failure::Blackhole), None),
        network::RouteKind::Unreachable => (RouteKind::Fail(Failure::Unreachable), None),
        network::RouteKind::Prohibit => (RouteKind::Fail(Failure::Prohibited), None),
        network::RouteKind::Throw => (RouteKind::Throw, None),
        network::RouteKind::Other(kind) => (RouteKind::Unicast, Some(format!("it is of type {kind}"))),
    };
    let hops: SmallVec<[Hop; 1]> = match kind {
        RouteKind::Fail(_) | RouteKind::Throw => SmallVec::new(),
        _ => route.nexthops.iter().map(|hop| self::hop(hop, version)).collect(),
    };
    if !hops.is_empty() && hops.iter().all(|hop| hop.dead) {
        return None;
    }
    let opaque = (!route.opaque.is_empty()).then(|| format!("it has {}", route.opaque.join(", ")));
    let lost = (hops.is_empty() && !matches!(kind, RouteKind::Fail(_) | RouteKind::Throw)).then(|| "it names no interface".to_owned());
    let unknown = strange.or(opaque).or(lost).map(|why| format!("route to {} in table {}: {why}", route.destination, route.table));
    let source = route.source.and_then(|net| self::prefix(net, version)).filter(|prefix| prefix.length > 0);
    let preferred_source = route.preferred_source.and_then(|address| number(address, version));
    let dscp = if version == IpVersion::V4 { route.tos >> 2 & 7 } else { 0 };
    Some(Route { prefix, source, dscp, metric: route.metric, kind, scope: route.scope, preferred_source, hops, unknown })
}

fn hop(hop: &network::Nexthop, version: IpVersion) -> Hop {
    // A gateway of the other version (`via inet6`) is no address here.
    Hop { interface: hop.link, gateway: hop.gateway.and_then(|address| number(address, version)), dead: hop.dead }
}

fn rules(network: &Network, version: IpVersion) -> Vec<PolicyRule> {
    let own = match version {
        IpVersion::V4 => 4,
        IpVersion::V6 => 6,
    };
    let mut rules: Vec<PolicyRule> =
        network.rules.iter().filter(|rule| rule.ip_version == own).map(|rule| self::rule(network, rule, version)).collect();
    rules.sort_by_key(|rule| rule.priority);
    rules
}

fn rule(network: &Network, rule: &network::PolicyRule, version: IpVersion) -> PolicyRule {
    let index = |name: &str| network.links.iter().find(|link| link.name == name).map_or(PolicyRule::NO_INTERFACE, |link| link.index);
    let (action, strange) = match rule.action {
        network::PolicyAction::Table(number) => (PolicyAction::Table(number), None),
        network::PolicyAction::Goto(priority) => (PolicyAction::Goto(priority), None),
        network::PolicyAction::Nop => (PolicyAction::Nop, None),
        network::PolicyAction::Blackhole => (PolicyAction::Fail(Failure::Blackhole), None),
        network::PolicyAction::Unreachable => (PolicyAction::Fail(Failure::NoRoute), None),
        network::PolicyAction::Prohibit => (PolicyAction::Fail(Failure::Prohibited), None),
        network::PolicyAction::Other(action) => (PolicyAction::Nop, Some(format!("its action is {action}"))),
    };
    let opaque = (!rule.opaque.is_empty()).then(|| format!("it has {}", rule.opaque.join(", ")));
    // IPv4 compares `tos & IPTOS_RT_MASK` (0x1c), IPv6 the whole DSCP (`fib4_rule_match`, `fib6_rule_match`).
    let mask = if version == IpVersion::V4 { 7 } else { 0x3f };
    let selecting = |net: Option<IpNet>| net.and_then(|net| prefix(net, version)).filter(|prefix| prefix.length > 0);
    PolicyRule {
        priority: rule.priority,
        invert: rule.invert,
        source: selecting(rule.source),
        destination: selecting(rule.destination),
        dscp: (rule.tos != 0).then_some((mask, rule.tos >> 2)),
        incoming: rule.iif.as_deref().map(index),
        outgoing: rule.oif.as_deref().map(index),
        mark: rule.mark.filter(|(_, mask)| *mask != 0),
        protocol: rule.protocol.filter(|protocol| *protocol != 0),
        source_ports: rule.source_ports,
        destination_ports: rule.destination_ports,
        uids: rule.uids,
        vrf: rule.l3mdev,
        suppress_length: rule.suppress_prefix_length.and_then(|length| u8::try_from(length).ok()),
        suppress_group: rule.suppress_group.filter(|group| *group != u32::MAX),
        action,
        unknown: strange.or(opaque).map(|why| format!("policy rule {}: {why}", rule.priority)),
    }
}

/// Whether these are the rules that the kernel makes itself (`fib_default_rules_init`, `fib6_rules_net_init`).
fn is_default(rules: &[PolicyRule], version: IpVersion) -> bool {
    const DEFAULT: [(u32, u32); 3] = [(0, routing::LOCAL), (32766, routing::MAIN), (32767, 253)];
    let made = match version {
        IpVersion::V4 => &DEFAULT[..],
        IpVersion::V6 => &DEFAULT[..2],
    };
    rules.len() == made.len() && rules.iter().zip(made).all(|(rule, (priority, table))| is_plain(rule, *priority, *table))
}

fn is_plain(rule: &PolicyRule, priority: u32, table: u32) -> bool {
    let narrow = rule.source.is_some() || rule.destination.is_some() || rule.dscp.is_some() || rule.mark.is_some();
    let bound = rule.incoming.is_some() || rule.outgoing.is_some() || rule.vrf || rule.uids.is_some();
    let ported = rule.protocol.is_some() || rule.source_ports.is_some() || rule.destination_ports.is_some();
    let odd = rule.invert || rule.unknown.is_some() || rule.suppress_length.is_some() || rule.suppress_group.is_some();
    rule.priority == priority && rule.action == PolicyAction::Table(table) && !(narrow || bound || ported || odd)
}

/// A user added a local route (`inet_rtm_newroute`). The kernel only keeps a mark of it; what is left is a local route to what is no
/// address of an interface, nor 127.0.0.0/8.
fn has_custom_local_routes(network: &Network, version: IpVersion) -> bool {
    let local = network.routes.iter().filter(|route| route.kind == network::RouteKind::Local);
    local.filter_map(|route| prefix(route.destination, version)).any(|prefix| {
        let of_address = network.addresses.iter().any(|each| number(each.local.addr(), version) == Some(prefix.address));
        let of_loopback = network.addresses.iter().any(|each| self::prefix(each.local, version) == Some(prefix));
        !(prefix.length == width(version) && of_address || of_loopback)
    })
}

fn vrf_members(network: &Network) -> Vec<u32> {
    let vrf = |index: u32| network.links.iter().any(|link| link.index == index && link.kind.as_deref() == Some("vrf"));
    network.links.iter().filter(|link| vrf(link.index) || link.master.is_some_and(vrf)).map(|link| link.index).collect()
}

fn prefix(net: IpNet, version: IpVersion) -> Option<Prefix> {
    Some(Prefix { address: number(net.network(), version)?, length: net.prefix_len() })
}

/// An address of this version as a number.
pub(super) fn number(address: IpAddr, version: IpVersion) -> Option<u128> {
    match (version, address) {
        (IpVersion::V4, IpAddr::V4(address)) => Some(u32::from(address).into()),
        (IpVersion::V6, IpAddr::V6(address)) => Some(address.into()),
        _ => None,
    }
}

fn width(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 32,
        IpVersion::V6 => 128,
    }
}

#[cfg(test)]
mod tests;
