//! Docker: chains `DOCKER…` in iptables, tables `docker-bridges` in nftables. A user-defined network's bridge is `br-` and the first
//! 12 digits of its id.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 9] = [
    ("DOCKER-USER", "the place for the operator's own rules about containers; Docker never changes it"),
    ("DOCKER-ISOLATION-STAGE", "keeps networks of containers apart"),
    ("DOCKER-INTERNAL", "keeps internal networks from the outside"),
    ("DOCKER-INGRESS", "swarm's published ports"),
    ("DOCKER-FORWARD", "which containers' packets are forwarded"),
    ("DOCKER-CT", "replies to and from containers"),
    ("DOCKER-BRIDGE", "packets to containers, by network"),
    ("DOCKER_OUTPUT", "Docker's name server, inside a container"),
    ("DOCKER", "published ports of containers"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let chain = place.names().find_map(|name| CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)));
    match chain {
        Some((_, note)) => Some(Owner::new("Docker").note(*note)),
        None if place.table == "docker-bridges" => {
            let network = place.chain.split("__").nth(1).map(|bridge| format!("network {bridge}"));
            Some(Owner::new("Docker").part(network))
        }
        None => None,
    }
}
