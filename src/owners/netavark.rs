//! Podman's netavark: chains `NETAVARK…`, or a table of its own.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 6] = [
    ("NETAVARK_ISOLATION", "keeps networks of containers apart"),
    ("NETAVARK_FORWARD", "which containers' packets are forwarded"),
    ("NETAVARK_INPUT", "containers' questions to the name server of their network"),
    ("NETAVARK-HOSTPORT", "published ports of containers"),
    ("NETAVARK-DN-", "published ports of one container"),
    ("NETAVARK-", "translates what one network sends"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let chain = place.names().find_map(|name| CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)));
    if chain.is_none() && place.table != "netavark" {
        return None;
    }
    // "name: podman id: …"
    let network = place.comment.and_then(|comment| comment.strip_prefix("name: ")).and_then(|rest| rest.split(' ').next());
    Some(Owner::new("Podman").part(network.map(|name| format!("network {name}"))).note(chain.map(|(_, note)| *note)))
}
