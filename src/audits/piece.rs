//! One outcome of a flow's packets, and how much it counts.

use crate::{
    model::{Bits, Field, HeaderSet, IpVersion, Side, Values, values::Relation},
    simulate::{
        Outcome,
        outcome::{Decision, Ending},
    },
};

/// One outcome, and how much it counts.
#[derive(Debug, Clone)]
pub struct Piece {
    pub outcome: Outcome<HeaderSet>,
    /// The honest packets in it; empty if it does not count.
    pub honest: HeaderSet,
    pub fate: Fate,
}

/// How packets fare, with all that may happen to them considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// They come through.
    Pass,
    /// They come through, and nothing listens.
    NoListener,
    /// They are stopped, whatever time and load decide.
    Stopped,
    /// They are stopped under a condition that time, load or the kernel's choice decides.
    Sometimes,
    /// What becomes of them can't be told.
    Unknown,
}

impl Piece {
    /// Whether no rule stopped it: of a message of which only the receiver is known, that is a sender that nobody is.
    #[must_use]
    pub fn is_dropped_by_routing(&self) -> bool {
        matches!(self.outcome.verdict, Ending::Drop | Ending::Reject(_)) && matches!(self.outcome.decided_by, Decision::Stage { .. })
    }

    /// Whether only the members of a set that is too big to hold are in it: nobody knows how many, but they are no majority.
    pub(super) fn is_of_a_set(&self) -> bool {
        let member = |(field, values): &Side| matches!(field, Field::Member(_)) && values.single() == Some(1);
        self.honest.boxes().all(|cuboid| cuboid.iter().any(member))
    }

    /// Whether this host sends it itself.
    #[must_use]
    pub fn is_sent_here(&self) -> bool {
        self.outcome.space.relation(Field::InInterface, &Values::one(32, 0)) == Relation::Inside
    }

    /// Whether a rule has given its packets another destination.
    #[must_use]
    pub fn is_redirected(&self) -> bool {
        // A reply goes to where its question came from, which nobody changed.
        let answers = |bits: &Bits| bits.fields().any(|field| matches!(field, Field::Source | Field::SourcePort));
        self.outcome.changed.iter().any(|(field, bits)| matches!(field, Field::Destination | Field::DestinationPort) && !answers(bits))
    }

    /// How many addresses its honest packets come from, halved; none where they are too many to count.
    #[must_use]
    pub fn senders(&self, version: IpVersion) -> Option<u128> {
        if self.is_of_a_set() {
            return Some(0);
        }
        count(&self.honest.values(Field::Source, Field::Source.width(version)))
    }
}

/// How many values there are, halved so that 2^128 fits; none where they are too scattered to count.
pub(super) fn count(values: &Values) -> Option<u128> {
    let ranges = values.ranges(MOST_COUNTED)?;
    Some(ranges.into_iter().map(|(low, high)| (high - low) / 2 + 1).fold(0, u128::saturating_add))
}

/// Addresses in more ranges than this are not counted.
pub(super) const MOST_COUNTED: usize = 100_000;
