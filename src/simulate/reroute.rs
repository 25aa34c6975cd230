//! What makes the kernel ask again for the route of a packet that this host sends.
//!
//! Mirrors `nf_route_table_hook4`, `nf_route_table_hook6` (nft_chain_route.c) and `nf_nat_ipv4_local_fn` (nf_nat_proto.c): a chain of type
//! route that changes what the route depends on, or a new destination by NAT. A mark set in a filter chain changes nothing.

use super::strand::Strand;
use crate::model::{Bits, Field, IpVersion};

/// The fields whose change in a route chain asks anew.
fn fields(version: IpVersion) -> &'static [Field] {
    match version {
        IpVersion::V4 => &[Field::Mark, Field::Source, Field::Destination, Field::Dscp, Field::Ecn],
        IpVersion::V6 => &[Field::Mark, Field::Source, Field::Destination, Field::Ttl, Field::FlowLabel],
    }
}

/// What a route depends on, as packets have it before a chain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Before(Vec<Option<Bits>>);

impl<S> Strand<S> {
    /// Remembers what the route depends on.
    pub(super) fn remember_route(&mut self, version: IpVersion) {
        self.way.before = Before(self.route_key(version));
    }

    /// Asks for the route again if that has changed.
    pub(super) fn compare_route(&mut self, version: IpVersion) {
        let before = std::mem::take(&mut self.way.before);
        self.way.reroute |= before.0 != self.route_key(version);
    }

    fn route_key(&self, version: IpVersion) -> Vec<Option<Bits>> {
        fields(version).iter().map(|field| self.way.view.get(*field).cloned()).collect()
    }
}
