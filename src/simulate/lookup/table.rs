//! One table: the longest prefix, then what else its routes ask for.
//!
//! Mirrors `fib_table_lookup` (fib_trie.c) and `fib6_table_lookup`, `rt6_select`, `find_rr_leaf` (ipv6/route.c).

use super::{Key, Operand, Outgoing, address_width};
use crate::{
    model::{
        Field, IpVersion, Test, Values,
        routing::{Lead, NodeId, Route, Table},
    },
    simulate::{machine::Machine, space::Space, strand::Strand},
};

impl<'a, S: Space> Machine<'a, S> {
    /// The route that each of the packets finds in one table.
    pub(in crate::simulate) fn look_in_table(
        &mut self,
        strand: Strand<S>,
        table: &'a Table,
        key: &Key,
    ) -> Vec<(Strand<S>, Option<&'a Route>)> {
        let version = self.decider.host.version;
        let counts = |route: &Route| counts(route, key.outgoing, version);
        if let Some(address) = self.only(&strand, key.destination) {
            let lead = table.lead(table.find(address), counts);
            return self.follow(vec![strand], table, lead, key);
        }
        let Operand::Field(field) = key.destination else { return Vec::new() };
        let narrowed;
        let groups = match key.outgoing {
            Outgoing::Only(_) => {
                narrowed = table.groups_by(&[], counts);
                &narrowed
            }
            Outgoing::Any | Outgoing::WhereItCameIn => table.groups(),
        };
        let mut results = Vec::new();
        let mut rest = vec![strand];
        for group in groups {
            if rest.is_empty() {
                break;
            }
            let (here, others) = self.divide(rest, &Test::In { field, values: group.addresses.clone() });
            results.extend(self.follow(here, table, group.lead, key));
            rest = others;
        }
        results
    }

    fn follow(&mut self, strands: Vec<Strand<S>>, table: &'a Table, lead: Lead, key: &Key) -> Vec<(Strand<S>, Option<&'a Route>)> {
        let route = match lead {
            Lead::None => None,
            Lead::Route(id) => Some(table.route(id)),
            Lead::Undecided(node) => return self.climb(strands, table, node, key),
        };
        strands.into_iter().map(|strand| (strand, route)).collect()
    }

    /// Tries the routes of a prefix, then those of the prefixes around it.
    fn climb(&mut self, strands: Vec<Strand<S>>, table: &'a Table, node: NodeId, key: &Key) -> Vec<(Strand<S>, Option<&'a Route>)> {
        let version = self.decider.host.version;
        let mut results = Vec::new();
        let mut rest = strands;
        let mut at = Some(node);
        while let Some(node) = at.filter(|_| !rest.is_empty()) {
            let mut candidates: &[Route] = table.routes_of(node);
            // Where routes of this destination ask for a source, the one that does not is never seen, but for the default route
            // (`fib6_node_lookup_1` backtracks from a subtree that does not match; the root is its last resort).
            let sourced = candidates.iter().any(|route| route.source.is_some() && route.prefix.length > 0);
            while let Some(route) = candidates.first().filter(|route| !sourced || route.source.is_some()) {
                let alike = if version == IpVersion::V6 {
                    candidates.iter().take_while(|other| other.metric == route.metric && other.source == route.source).count()
                } else {
                    1
                };
                let (rivals, others) = candidates.split_at(alike);
                candidates = others;
                let rivals: Vec<&Route> = rivals.iter().filter(|route| counts(route, key.outgoing, version)).collect();
                if rivals.is_empty() {
                    continue;
                }
                let (matching, left) = self.divide(rest, &asked(route, key, version));
                results.extend(self.prefer(matching, &rivals, key).into_iter().map(|(strand, route)| (strand, Some(route))));
                rest = left;
            }
            at = table.parent(node);
        }
        results.extend(rest.into_iter().map(|strand| (strand, None)));
        results
    }

    /// Of routes that are alike: the one that leads out of where the packet came in, else the first.
    fn prefer(&mut self, strands: Vec<Strand<S>>, rivals: &[&'a Route], key: &Key) -> Vec<(Strand<S>, &'a Route)> {
        let mut results = Vec::new();
        let mut rest = strands;
        if key.outgoing == Outgoing::WhereItCameIn && rivals.len() > 1 {
            for route in rivals {
                let leads = route.hops.iter().filter(|hop| !hop.dead).map(|hop| u128::from(hop.interface));
                let here = Values::from_ranges(32, leads.map(|index| (index, index)));
                let (yes, no) = self.divide(rest, &Test::is(Field::InInterface, here));
                results.extend(yes.into_iter().map(|strand| (strand, *route)));
                rest = no;
            }
        }
        if let Some(first) = rivals.first() {
            results.extend(rest.into_iter().map(|strand| (strand, *first)));
        }
        results
    }

    /// The value of an operand, if all packets agree on it.
    fn only(&self, strand: &Strand<S>, operand: Operand) -> Option<u128> {
        match operand {
            Operand::Number(number) => Some(number),
            Operand::Field(field) => self.decider.value(&strand.space, &strand.way.view.field(field, self.decider.host.version)),
        }
    }
}

/// Whether a route is tried at all (`fib_lookup_good_nhc`, `find_match`). In IPv6 a route that answers with an error belongs to `lo`.
fn counts(route: &Route, outgoing: Outgoing, version: IpVersion) -> bool {
    match outgoing {
        Outgoing::Any | Outgoing::WhereItCameIn => true,
        Outgoing::Only(_) if route.hops.is_empty() => version == IpVersion::V4,
        Outgoing::Only(interface) => route.hops.iter().any(|hop| hop.interface == interface && !hop.dead),
    }
}

/// What a route asks for besides its destination.
fn asked(route: &Route, key: &Key, version: IpVersion) -> Test {
    let dscp = if route.dscp == 0 { Test::Always } else { key.dscp.is(Values::masked(6, 7, route.dscp.into())) };
    let source = route.source.map_or(Test::Always, |prefix| {
        let width = address_width(version);
        let (low, high) = prefix.range(width);
        key.source.is(Values::range(width, low, high))
    });
    Test::all([dscp, source])
}
