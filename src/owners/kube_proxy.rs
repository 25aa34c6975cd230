//! kube-proxy and kubelet: chains `KUBE-…`, tables `kube-proxy`. Comments name the service: `default/web:http cluster IP`.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 9] = [
    ("KUBE-FIREWALL", "kubelet: drops marked packets and martian loopback"),
    ("KUBE-KUBELET-", "kubelet: tells others that iptables is in use"),
    ("KUBE-MARK-", "marks packets for masquerading or dropping"),
    ("KUBE-EXTERNAL-SERVICES", "services by outside addresses; those without endpoints are rejected"),
    ("KUBE-NODEPORTS", "services by the ports of nodes"),
    ("KUBE-SEP-", "one endpoint of a service"),
    ("KUBE-SVC-", "chooses an endpoint of a service"),
    ("KUBE-FORWARD", "forwarding for services; drops invalid packets"),
    ("KUBE-", "services"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let chain = place.names().find_map(|name| CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)));
    if chain.is_none() && place.table != "kube-proxy" {
        return None;
    }
    let service = place.comment.and_then(|comment| comment.split(' ').next()).filter(|name| name.contains('/') && name.len() > 2);
    Some(Owner::new("kube-proxy").part(service.map(|name| format!("service {name}"))).note(chain.map(|(_, note)| *note)))
}
