//! Where packets end that no rule ends.

use crate::model::routing::Failure;

/// What ended a packet, if it was no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before prerouting (`ip_rcv_core`, `ip6_rcv_core`).
    Receive,
    /// An address that no packet may have there.
    Martian,
    /// 127.0.0.0/8 outside lo, while `route_localnet` is off.
    Localnet,
    /// The route back to the source leads elsewhere (`rp_filter`).
    ReversePath,
    /// A reply that does not come back by this host.
    Around,
    /// It is for another host, and this one does not forward.
    ForwardingOff,
    /// Longer than the next link takes, and not to be fragmented.
    Mtu,
    /// Can't be forwarded for another reason.
    Forwarding,
    /// A route that leads nowhere, or none.
    NoRoute(Failure),
    /// Routing, otherwise.
    Routing,
    /// A translation that can't be made.
    Nat,
    /// A fragment that waits for others.
    Defragment,
    Conntrack,
    /// A bound of ours: too many different ways, too deep.
    Limit,
    /// Nothing is known.
    Unknown,
}

impl Stage {
    /// How output calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Martian | Self::Localnet => "martian",
            Self::ReversePath => "rp_filter",
            Self::Around => "hairpin",
            Self::ForwardingOff | Self::Mtu | Self::Forwarding => "forwarding",
            Self::NoRoute(_) | Self::Routing => "routing",
            Self::Nat => "nat",
            Self::Defragment => "defragment",
            Self::Conntrack => "conntrack",
            Self::Limit => "limit",
            Self::Unknown => "unknown",
        }
    }
}
