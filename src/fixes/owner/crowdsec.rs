//! CrowdSec: an address is let in again by deleting the decision about it; its bouncer takes it out of the set.

use super::{Blocked, Proposal};
use crate::{
    fixes::{prove::Unproved, terms},
    model::Field,
};

/// Which elements the bouncer takes out of its sets, and when, is no edit that can be tried on the model: so there is a hint only.
pub fn proposals(blocked: &Blocked<'_>) -> Result<Vec<Proposal>, Unproved> {
    let version = blocked.host.version;
    let source = blocked.outcome.space.values(Field::Source, Field::Source.width(version)).single();
    let hint = match source.map(|source| terms::one(source, version)) {
        Some(address) => format!(
            "\"cscli decisions delete --ip {address}\" takes the decision back; an allowlist (\"cscli allowlists add NAME {address}\") spares it"
        ),
        None => "the addresses are under decisions; \"cscli decisions delete --ip ADDRESS\" takes one back".to_owned(),
    };
    Err(Unproved::Owned { owner: "CrowdSec", hint })
}
