//! CNI plugins (portmap, firewall, bridge): chains `CNI-…`.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 6] = [
    ("CNI-ADMIN", "the place for the operator's own rules about containers"),
    ("CNI-FORWARD", "which containers' packets are forwarded"),
    ("CNI-ISOLATION", "keeps networks of containers apart"),
    ("CNI-HOSTPORT", "published ports of containers"),
    ("CNI-DN-", "published ports of one container"),
    ("CNI-", "translates what one container sends"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let (_, note) = place.names().find_map(|name| CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)))?;
    // `name: "podman" id: "…"`
    let network = place.comment.and_then(|comment| comment.split("name: \"").nth(1)).and_then(|rest| rest.split('"').next());
    Some(Owner::new("CNI").part(network.map(|name| format!("network {name}"))).note(*note))
}
