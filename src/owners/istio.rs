//! Istio's sidecar redirection: chains `ISTIO_…`.

use super::{Owner, Place};

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let own = place.names().any(|name| name.starts_with("ISTIO_") || name.starts_with("istio-")) || place.table.starts_with("istio-");
    own.then(|| Owner::new("Istio").note("leads packets to the sidecar proxy"))
}
