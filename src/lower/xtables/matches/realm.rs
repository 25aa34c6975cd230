//! `-m realm` (`realm_mt`, xt_realm.c).

use super::{Meaning, either, mark::masked};
use crate::{
    lower::context::Context,
    model::{Field, Test},
    ruleset::xtables::matches::Realm,
};

/// The realm of the packet's route, which every packet has where the match is allowed.
#[must_use]
pub fn meaning(realm: &Realm, context: &Context<'_>) -> Meaning {
    let (id, mask) = realm.realm.unwrap_or_default();
    let test = match context.realm() {
        Some(realm) => Test::certain(id == realm & mask),
        None => masked(Field::RtClassId, id, mask),
    };
    Meaning::test(either(test, realm.inverted))
}
