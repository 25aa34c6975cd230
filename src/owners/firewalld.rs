//! firewalld: an nft table of its own, or chains `IN_ZONE…`, `FWDI_ZONE…` and their kin in iptables'.

use super::{Owner, Place};

const ZONES: [&str; 11] = [
    "filter_IN_",
    "filter_FWD_",
    "filter_FWDI_",
    "filter_FWDO_",
    "nat_PRE_",
    "nat_POST_",
    "mangle_PRE_",
    "raw_PRE_",
    "IN_",
    "FWDI_",
    "FWDO_",
];

/// Ends of the names of a zone's chains, and what its rules are.
const PARTS: [(&str, &str); 6] = [
    ("_allow", "services, ports and sources that the zone accepts"),
    ("_deny", "what the zone rejects or drops"),
    ("_log", "what the zone logs"),
    ("_pre", "rich rules before all others"),
    ("_post", "rich rules after all others"),
    ("_direct", "rules of firewall-cmd --direct"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let own = |name: &&str| {
        ZONES.iter().any(|beginning| name.starts_with(beginning))
            || name.ends_with("_ZONES")
            || name.ends_with("_direct")
            || name.contains("_ZONES_")
    };
    let by_chain = place.names().any(|name| own(&name)) && place.chains.iter().any(|name| name.ends_with("_ZONES"));
    if place.table != "firewalld" && !by_chain {
        return None;
    }
    let zone = place.names().find_map(|name| ZONES.iter().find_map(|beginning| name.strip_prefix(beginning)));
    let part = zone.and_then(|name| PARTS.iter().find(|(end, _)| name.ends_with(end)));
    let zone = zone.map(|name| PARTS.iter().find_map(|(end, _)| name.strip_suffix(end)).unwrap_or(name));
    let kind = |name: &str| match name.strip_prefix("policy_") {
        Some(policy) => format!("policy {policy}"),
        None => format!("zone {name}"),
    };
    let zone = zone.filter(|name| *name != "ZONES" && !name.is_empty());
    Some(Owner::new("firewalld").part(zone.map(kind)).note(part.map(|(_, note)| *note)))
}
