//! What a connection carries from one of its packets to the next.

use super::{
    conntrack::{ESTABLISHED, Given},
    nat::Binding,
    strand::{Tracking, Way},
};
use crate::model::{Bits, Field, IpVersion};

/// `IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED`.
const STATUS_ANSWERED: u128 = 2 | 4 | 8;

/// The connection of a packet: `struct nf_conn`, as far as later packets show it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Connection {
    /// None if connection tracking does not know it.
    tracked: bool,
    binding: Binding,
    status: u128,
    mark: Bits,
    zone: Bits,
}

impl Connection {
    /// The connection of packets that came so far.
    pub(super) fn of(way: &Way, version: IpVersion) -> Self {
        Self {
            tracked: way.tracking.has_connection(),
            binding: way.binding.clone(),
            status: way.view.get(Field::CtStatus).and_then(Bits::as_constant).unwrap_or(0),
            mark: way.view.field(Field::CtMark, version),
            zone: way.view.field(Field::CtZone, version),
        }
    }

    /// Gives it to a later packet, of its first packet's direction (0) or the other (1): how conntrack takes it.
    pub(super) fn carry(&self, way: &mut Way, direction: u128, version: IpVersion) -> Given {
        way.binding = self.binding.clone();
        if !self.tracked {
            return Given::First;
        }
        let view = &mut way.view;
        view.fix(Field::CtStatus, self.status | STATUS_ANSWERED, 32);
        view.fix(Field::CtDirection, direction, 8);
        view.set(Field::CtMark, self.mark.clone());
        view.set(Field::CtZone, self.zone.clone());
        for (of_connection, original) in [
            (Field::CtOriginalSource, Field::Source),
            (Field::CtOriginalDestination, Field::Destination),
            (Field::CtOriginalSourcePort, Field::SourcePort),
            (Field::CtOriginalDestinationPort, Field::DestinationPort),
        ] {
            view.set(of_connection, Bits::field(original, version));
        }
        way.tracking = Tracking::Unseen;
        Given::State(ESTABLISHED)
    }
}
