//! libvirt: chains `LIBVIRT_…`, or the table `libvirt_network`.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 5] = [
    ("LIBVIRT_INP", "DHCP and DNS of virtual networks on this host"),
    ("LIBVIRT_OUT", "answers of DHCP and DNS to virtual machines"),
    ("LIBVIRT_FWI", "packets to virtual machines; new connections from outside are rejected in NAT networks"),
    ("LIBVIRT_FWO", "packets from virtual machines"),
    ("LIBVIRT_", "traffic of virtual networks"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let chain = place.names().find_map(|name| CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)));
    (chain.is_some() || place.table == "libvirt_network").then(|| Owner::new("libvirt").note(chain.map(|(_, note)| *note)))
}
