//! Tests: what a rule asks of the packet.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Bits, Field, SetId, Values, step::ConditionId};

/// A truth about the packet as it is when the test runs.
#[derive(Debug, Clone)]
pub enum Test {
    /// Holds for every packet.
    Always,
    /// Holds for none: also a load that has nothing to read in this IP version.
    Never,
    /// The current value of a field is one of these.
    In { field: Field, values: Arc<Values> },
    /// All of these hold; tried in order.
    All(Vec<Test>),
    /// One of these holds.
    Any(Vec<Test>),
    /// This does not hold.
    Not(Box<Test>),
    /// The key, one [`Bits`] a field of the set, is in the set. For sets that could not be turned into [`Test::In`].
    Holds { key: SmallVec<[Bits; 2]>, set: SetId },
    /// Only time or load decides, or it is not modelled. Undecided anew on each visit.
    Condition(ConditionId),
}
