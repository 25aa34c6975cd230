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
    /// All of these hold; tried in order. Shared by the rules that ask alike.
    All(Arc<[Test]>),
    /// One of these holds.
    Any(Arc<[Test]>),
    /// This does not hold.
    Not(Box<Test>),
    /// The key, one [`Bits`] a field of the set, is in the set. For sets that could not be turned into [`Test::In`].
    Holds { key: Box<[Bits]>, set: SetId },
    /// Only time or load decides, or it is not modelled. Undecided anew on each visit.
    Condition(ConditionId),
}

impl Test {
    /// The field's value is one of these.
    #[must_use]
    pub fn is(field: Field, values: Values) -> Self {
        if values.is_empty() {
            Self::Never
        } else if values.is_all() {
            Self::Always
        } else {
            Self::In { field, values: Arc::new(values) }
        }
    }

    /// [`Test::Always`] or [`Test::Never`].
    #[must_use]
    pub fn certain(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    /// All of these hold. Tests of one field become one.
    pub fn all(tests: impl IntoIterator<Item = Self>) -> Self {
        let mut kept: SmallVec<[Self; 4]> = SmallVec::new();
        for test in tests {
            match test {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) => match Self::all(kept.drain(..).chain(inner.iter().cloned())) {
                    Self::All(all) => kept = SmallVec::from(&*all),
                    Self::Always => {}
                    Self::Never => return Self::Never,
                    one => kept.push(one),
                },
                Self::In { field, values } => match kept.iter().position(|other| other.reads_only(field)) {
                    Some(at) => match std::mem::replace(&mut kept[at], Self::Always) {
                        Self::In { values: other, .. } => match Self::is(field, other.and(&values)) {
                            Self::Never => return Self::Never,
                            test => kept[at] = test,
                        },
                        other => kept[at] = other,
                    },
                    None => kept.push(Self::In { field, values }),
                },
                other => kept.push(other),
            }
        }
        Self::join(kept, Self::Always, Self::All)
    }

    /// One of these holds. Tests of one field become one.
    pub fn any(tests: impl IntoIterator<Item = Self>) -> Self {
        let mut kept: SmallVec<[Self; 4]> = SmallVec::new();
        for test in tests {
            match test {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Any(inner) => match Self::any(kept.drain(..).chain(inner.iter().cloned())) {
                    Self::Any(any) => kept = SmallVec::from(&*any),
                    Self::Never => {}
                    Self::Always => return Self::Always,
                    one => kept.push(one),
                },
                Self::In { field, values } => match kept.iter().position(|other| other.reads_only(field)) {
                    Some(at) => match std::mem::replace(&mut kept[at], Self::Never) {
                        Self::In { values: other, .. } => match Self::is(field, other.or(&values)) {
                            Self::Always => return Self::Always,
                            test => kept[at] = test,
                        },
                        other => kept[at] = other,
                    },
                    None => kept.push(Self::In { field, values }),
                },
                other => kept.push(other),
            }
        }
        Self::join(kept, Self::Never, Self::Any)
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::In { field, values } => match field.members() {
                Some(members) => {
                    let others = members.iter().copied().filter(|member| !values.contains(*member));
                    Self::is(field, Values::from_ranges(values.width(), others.map(|member| (member, member))))
                }
                None => Self::is(field, values.complement()),
            },
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    fn reads_only(&self, field: Field) -> bool {
        matches!(self, Self::In { field: other, .. } if *other == field)
    }

    fn join(mut tests: SmallVec<[Self; 4]>, none: Self, several: impl Fn(Arc<[Self]>) -> Self) -> Self {
        match tests.len() {
            0 => none,
            1 => tests.remove(0),
            _ => several(tests.into_vec().into()),
        }
    }
}
