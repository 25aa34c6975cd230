//! Disjoint parts of a space.

use smallvec::SmallVec;

use super::space::Space;
use crate::model::{Field, Values};

/// Disjoint parts, none of them empty. A header set is always one part; a single packet that was followed both ways may be several.
#[derive(Debug, Clone)]
pub struct Parts<S>(pub SmallVec<[S; 1]>);

impl<S: Space> Parts<S> {
    /// No part.
    #[must_use]
    pub fn none() -> Self {
        Self(SmallVec::new())
    }

    /// All of a space that is not empty.
    #[must_use]
    pub fn one(space: S) -> Self {
        let mut parts = SmallVec::new();
        parts.push(space);
        Self(parts)
    }

    /// A space that may be empty.
    fn of(space: S) -> Self {
        if space.is_empty() { Self::none() } else { Self::one(space) }
    }
}

/// The part whose original field is in `values`, and the rest.
pub fn cut<S: Space>(space: S, field: Field, values: &Values) -> (Parts<S>, Parts<S>) {
    if field == Field::ForwardedTtl {
        return cut(space, Field::Ttl, &one_more(values));
    }
    let (inside, outside) = space.split(field, values);
    (Parts::of(inside), Parts::of(outside))
}

/// Adds parts, joined with those that they have a common form with.
pub fn gather_parts<S: Space>(into: &mut Parts<S>, parts: Parts<S>) {
    'parts: for mut part in parts.0 {
        for each in &mut into.0 {
            match each.merge(part) {
                Ok(()) => continue 'parts,
                Err(back) => part = back,
            }
        }
        into.0.push(part);
    }
}

/// The values one above these: what a TTL was before it was decremented. 0 was 1 or 0 before, but a TTL of 0 is not forwarded.
fn one_more(values: &Values) -> Values {
    let ranges = values.ranges(256).unwrap_or_default();
    Values::from_ranges(8, ranges.into_iter().filter(|(low, _)| *low < 255).map(|(low, high)| (low + 1, (high + 1).min(255))))
}
