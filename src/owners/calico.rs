//! Calico: chains `cali-…`, comments `cali:HASH`, tables `calico`.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 6] = [
    ("cali-tw-", "policies about packets to one workload"),
    ("cali-fw-", "policies about packets from one workload"),
    ("cali-pi-", "what a policy lets in"),
    ("cali-po-", "what a policy lets out"),
    ("cali-wl-to-host", "packets of workloads to this host"),
    ("cali-failsafe-", "ports that are never cut off"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let own = place.names().any(|name| name.starts_with("cali-") || name.contains("-cali-"));
    if !own && place.table != "calico" && !place.comment.is_some_and(|comment| comment.starts_with("cali:")) {
        return None;
    }
    let note = place.names().find_map(|name| CHAINS.iter().find(|(part, _)| name.contains(part))).map(|(_, note)| *note);
    Some(Owner::new("Calico").note(note))
}
