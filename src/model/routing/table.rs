//! A routing table, cut into stretches of addresses that the same prefix covers.
//!
//! One address finds its prefix by binary search, whatever the size of the table. All addresses are told apart by what becomes of them, not
//! by prefix: a full Internet table has 100,000 prefixes and a handful of ways out.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Hop, Prefix, Route, RouteKind};
use crate::model::Values;

/// Number of a route in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteId(pub u32);

/// Number of a prefix in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its number.
    pub number: u32,
    width: u8,
    /// By prefix; those of one prefix in the order in which the kernel tries them.
    routes: Vec<Route>,
    nodes: Vec<Node>,
    /// Lowest address of each stretch, with the longest prefix that covers it; the first begins at 0.
    stretches: Vec<(u128, Option<NodeId>)>,
    groups: Vec<Group>,
}

/// A prefix with its routes.
#[derive(Debug, Clone)]
struct Node {
    parent: Option<NodeId>,
    first: u32,
    end: u32,
}

/// What a table says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lead {
    /// Nothing.
    None,
    /// This route, or one that does the same.
    Route(RouteId),
    /// Other fields decide between the routes of this prefix and of those around it.
    Undecided(NodeId),
}

/// Addresses of which a table says the same.
#[derive(Debug, Clone)]
pub struct Group {
    pub addresses: Arc<Values>,
    pub lead: Lead,
}

/// All that a route does to a packet.
#[derive(PartialEq, Eq, Hash)]
enum Effect<'a> {
    Nothing,
    Route { kind: RouteKind, scope: u8, source: Option<u128>, hops: &'a [Hop], unknown: Option<&'a str>, suppressed_by: usize },
    Undecided(NodeId),
}

impl Table {
    /// A table of `routes`, of which those with the same prefix stand in the order in which the kernel tries them. `width` is that of an
    /// address; `suppressing` are the prefix lengths below which policy rules do not count a route.
    #[must_use]
    pub fn new(number: u32, width: u8, mut routes: Vec<Route>, suppressing: &[u8]) -> Self {
        routes.sort_by_key(|route| (route.prefix.address, route.prefix.length));
        let (nodes, stretches) = stretches(&routes, width);
        let mut table = Self { number, width, routes, nodes, stretches, groups: Vec::new() };
        table.groups = table.groups_by(suppressing, |_| true);
        table
    }

    /// The route of this number.
    #[must_use]
    pub fn route(&self, id: RouteId) -> &Route {
        &self.routes[id.0 as usize]
    }

    /// All routes, by prefix.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The longest prefix that covers an address.
    #[must_use]
    pub fn find(&self, address: u128) -> Option<NodeId> {
        let after = self.stretches.partition_point(|(low, _)| *low <= address);
        self.stretches.get(after.checked_sub(1)?)?.1
    }

    /// What the table says of a prefix and those around it, if only the routes are tried that `counts` tells.
    pub fn lead(&self, node: Option<NodeId>, counts: impl Fn(&Route) -> bool) -> Lead {
        let mut at = node;
        while let Some(id) = at {
            let mut tried = self.candidates(id).filter(|(_, route)| counts(route));
            if let Some((first, route)) = tried.next() {
                let rivals = tried.any(|(_, other)| other.metric == route.metric && other.source == route.source && self.width == 128);
                let depends = route.dscp != 0 || route.source.is_some() || rivals;
                return if depends { Lead::Undecided(id) } else { Lead::Route(first) };
            }
            at = self.parent(id);
        }
        Lead::None
    }

    fn candidates(&self, node: NodeId) -> impl Iterator<Item = (RouteId, &Route)> {
        let Node { first, end, .. } = self.nodes[node.0 as usize];
        (first..end).map(|at| (RouteId(at), &self.routes[at as usize]))
    }

    /// The routes of a prefix in the order in which they are tried.
    #[must_use]
    pub fn routes_of(&self, node: NodeId) -> &[Route] {
        let Node { first, end, .. } = self.nodes[node.0 as usize];
        &self.routes[first as usize..end as usize]
    }

    /// The next shorter prefix.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes[node.0 as usize].parent
    }

    /// All addresses, told apart by what becomes of them.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The same if only some routes count.
    pub fn groups_by(&self, suppressing: &[u8], counts: impl Fn(&Route) -> bool) -> Vec<Group> {
        let leads: Vec<Lead> = {
            let of_nodes: Vec<Lead> =
                (0..self.nodes.len()).map(|at| self.lead(Some(NodeId(u32::try_from(at).unwrap_or(u32::MAX))), &counts)).collect();
            self.stretches.iter().map(|(_, node)| node.map_or(Lead::None, |id| of_nodes[id.0 as usize])).collect()
        };
        let mut numbers: FxHashMap<Effect<'_>, usize> = FxHashMap::default();
        let mut found: Vec<(Lead, Vec<(u128, u128)>)> = Vec::new();
        let ends = self.stretches.iter().skip(1).map(|(low, _)| low - 1).chain([self.highest()]);
        for (((low, _), lead), high) in self.stretches.iter().zip(leads).zip(ends) {
            let number = *numbers.entry(self.effect(lead, suppressing)).or_insert_with(|| {
                found.push((lead, Vec::new()));
                found.len() - 1
            });
            found[number].1.push((*low, high));
        }
        found.into_iter().map(|(lead, ranges)| Group { addresses: Arc::new(Values::from_ranges(self.width, ranges)), lead }).collect()
    }

    fn effect(&self, lead: Lead, suppressing: &[u8]) -> Effect<'_> {
        match lead {
            Lead::None => Effect::Nothing,
            Lead::Undecided(node) => Effect::Undecided(node),
            Lead::Route(id) => {
                let route = self.route(id);
                Effect::Route {
                    kind: route.kind,
                    scope: route.scope,
                    source: route.preferred_source,
                    hops: &route.hops,
                    unknown: route.unknown.as_deref(),
                    suppressed_by: suppressing.iter().filter(|length| route.prefix.length <= **length).count(),
                }
            }
        }
    }

    fn highest(&self) -> u128 {
        Prefix { address: 0, length: 0 }.range(self.width).1
    }
}

/// Sweeps over sorted routes: prefixes with the ones around them, and the stretches that they cut the addresses into.
fn stretches(routes: &[Route], width: u8) -> (Vec<Node>, Vec<(u128, Option<NodeId>)>) {
    let mut nodes: Vec<Node> = Vec::new();
    let mut cuts: Vec<(u128, Option<NodeId>)> = vec![(0, None)];
    // Prefixes that cover the place where the sweep is, the longest last, with their highest address.
    let mut open: SmallVec<[(NodeId, u128); 32]> = SmallVec::new();
    let mut at = 0;
    while let Some(route) = routes.get(at) {
        let end = at + routes[at..].iter().take_while(|other| other.prefix == route.prefix).count();
        let (low, high) = route.prefix.range(width);
        close(&mut open, &mut cuts, |top| top < low);
        let id = NodeId(count(nodes.len()));
        nodes.push(Node { parent: open.last().map(|(id, _)| *id), first: count(at), end: count(end) });
        open.push((id, high));
        cut(&mut cuts, low, Some(id));
        at = end;
    }
    let highest = Prefix { address: 0, length: 0 }.range(width).1;
    close(&mut open, &mut cuts, |top| top < highest);
    (nodes, cuts)
}

/// Ends the open prefixes whose highest address is told to lie behind.
fn close(open: &mut SmallVec<[(NodeId, u128); 32]>, cuts: &mut Vec<(u128, Option<NodeId>)>, behind: impl Fn(u128) -> bool) {
    while let Some((_, top)) = open.last().copied().filter(|(_, top)| behind(*top)) {
        open.pop();
        cut(cuts, top + 1, open.last().map(|(id, _)| *id));
    }
}

/// From here on this prefix covers the addresses.
fn cut(cuts: &mut Vec<(u128, Option<NodeId>)>, low: u128, node: Option<NodeId>) {
    match cuts.last_mut() {
        Some(last) if last.0 == low => last.1 = node,
        _ => cuts.push((low, node)),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("memory ends before 4 billion routes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::routing::Failure;

    fn route(address: u128, length: u8, interface: u32) -> Route {
        let kind = if interface == 0 { RouteKind::Fail(Failure::Blackhole) } else { RouteKind::Unicast };
        let hops = (interface != 0).then_some(Hop { interface, gateway: None, dead: false }).into_iter().collect();
        let prefix = Prefix { address, length };
        Route { prefix, source: None, dscp: 0, metric: 0, kind, scope: 0, preferred_source: None, hops, unknown: None }
    }

    fn way_out(table: &Table, lead: Lead) -> Option<u32> {
        match lead {
            Lead::Route(id) => table.route(id).hops.first().map_or(Some(0), |hop| Some(hop.interface)),
            Lead::None | Lead::Undecided(_) => None,
        }
    }

    #[test]
    fn the_longest_prefix_decides() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for _ in 0..50 {
            let routes: Vec<Route> = (0..next() % 12)
                .map(|_| {
                    let length = (next() % 9) as u8;
                    let address = u128::from(next() % 256);
                    let address = address >> (8 - length) << (8 - length);
                    route(address, length, next() % 3)
                })
                .collect();
            let table = Table::new(254, 8, routes, &[]);
            for address in 0..256_u128 {
                let expected = table
                    .routes()
                    .iter()
                    .filter(|route| (route.prefix.range(8).0..=route.prefix.range(8).1).contains(&address))
                    .max_by(|a, b| a.prefix.length.cmp(&b.prefix.length).then(std::cmp::Ordering::Greater))
                    .map(|route| route.hops.first().map_or(0, |hop| hop.interface));
                assert_eq!(way_out(&table, table.lead(table.find(address), |_| true)), expected);
                let groups: Vec<_> = table.groups().iter().filter(|group| group.addresses.contains(address)).collect();
                assert_eq!(groups.len(), 1);
                assert_eq!(way_out(&table, groups[0].lead), expected);
            }
        }
    }

    #[test]
    fn a_full_table_has_as_many_groups_as_ways_out() {
        let routes = (0..100_000_u32).map(|at| route(u128::from(at) << 8, 24, 1 + at % 3)).collect();
        let table = Table::new(254, 32, routes, &[]);
        assert_eq!(table.groups().len(), 4);
    }
}
