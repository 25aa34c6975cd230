//! What makes the kernel ask again for the route of a packet that this host sends, and what comes of it.
//!
//! Mirrors `nf_route_table_hook4`, `nf_route_table_hook6` (nft_chain_route.c), `nf_nat_ipv4_local_fn` and `nf_nat_ipv6_local_fn`
//! (nf_nat_proto.c): a chain of type route that changes what the route depends on, or another destination by NAT. The route is asked right
//! there, and a packet that has none sees no later chain; but the interface that rules of the hook read stays (`state->out`). A mark set in
//! a filter chain changes nothing.

use super::{
    machine::Machine,
    outcome::{Decision, Ending},
    routing::Route,
    space::Space,
    strand::Strand,
};
use crate::model::{Bits, Field, IpVersion};

/// The fields whose change in a route chain asks anew.
fn fields(version: IpVersion) -> &'static [Field] {
    match version {
        IpVersion::V4 => &[Field::Mark, Field::Source, Field::Destination, Field::Dscp, Field::Ecn],
        IpVersion::V6 => &[Field::Mark, Field::Source, Field::Destination, Field::Ttl, Field::Dscp, Field::Ecn, Field::FlowLabel],
    }
}

/// What a route depends on, as packets have it before a chain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Before(Vec<Bits>);

impl<S> Strand<S> {
    /// Remembers what the route depends on.
    pub(super) fn remember_route(&mut self, version: IpVersion) {
        self.way.before = Before(self.route_key(version));
    }

    fn route_key(&self, version: IpVersion) -> Vec<Bits> {
        fields(version).iter().map(|field| self.way.view.field(*field, version)).collect()
    }
}

impl<S: Space> Machine<'_, S> {
    /// Asks for the route again where what it depends on is not what it was: written anew with the same value it is.
    pub(super) fn compare_route(&mut self, mut strand: Strand<S>) -> Vec<Strand<S>> {
        let before = std::mem::take(&mut strand.way.before);
        let now = strand.route_key(self.decider.host.version);
        if before.0 == now {
            return vec![strand];
        }
        let Strand { space, way } = strand;
        let (same, changed) = self.decider.divide_by_equality(space, &before.0, &now);
        let mut strands = way.clone().lead(same);
        strands.extend(way.lead(changed).into_iter().map(|mut strand| {
            strand.way.reroute = true;
            strand
        }));
        strands
    }

    /// Asks for the new route of packets that need one (`ip_route_me_harder`, `ip6_route_me_harder`).
    pub(super) fn reroute(&mut self, strands: Vec<Strand<S>>) -> Vec<Strand<S>> {
        let (again, mut strands): (Vec<_>, Vec<_>) = strands.into_iter().partition(|strand| strand.way.reroute);
        for (mut strand, route) in self.route_sent(again) {
            strand.way.reroute = false;
            match route {
                Route::Out { interface } => {
                    strand.way.leaves = Some(interface);
                    strands.push(strand);
                }
                Route::Local => strands.push(strand),
                Route::Stop { ending: Ending::Unknown(why), stage, reason } => {
                    self.end(strand, Ending::Unknown(why), Decision::Stage { stage, reason });
                }
                Route::Stop { stage, reason, .. } => self.end(strand, Ending::Drop, Decision::Stage { stage, reason }),
            }
        }
        strands
    }
}
