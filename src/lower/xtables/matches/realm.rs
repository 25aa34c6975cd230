//! `-m realm` (`realm_mt`, xt_realm.c).

use super::{Meaning, either, mark::masked};
use crate::{model::Field, ruleset::xtables::matches::Realm};

/// The realm of the packet's route.
#[must_use]
pub fn meaning(realm: &Realm) -> Meaning {
    let (id, mask) = realm.realm.unwrap_or_default();
    Meaning::test(either(masked(Field::RtClassId, id, mask), realm.inverted))
}
