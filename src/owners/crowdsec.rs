//! CrowdSec's bouncers: tables `crowdsec` and `crowdsec6`, the chain `CROWDSEC_CHAIN`, sets `crowdsec-blacklists…`.

use super::{Owner, Place};

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let own = matches!(place.table, "crowdsec" | "crowdsec6")
        || place.names().any(|name| name == "CROWDSEC_CHAIN")
        || place.sets.iter().any(|set| set.starts_with("crowdsec-") || set.starts_with("crowdsec6-"));
    own.then(|| Owner::new("CrowdSec").note("addresses under a decision; cscli decisions list shows them"))
}
