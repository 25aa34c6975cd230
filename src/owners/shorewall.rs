//! Shorewall: chains named after two zones (`net-fw`, `loc2net`), among chains that only it has.

use super::{Owner, Place};

/// Chains that tell a table of Shorewall's.
const TELLING: [&str; 4] = ["shorewall", "smurfs", "tcpflags", "dynamic"];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let certain = place.chains.contains(&"shorewall") || TELLING.iter().filter(|name| place.chains.contains(*name)).count() >= 2;
    if !certain {
        return None;
    }
    let zones = place.chain.split_once('-').or_else(|| place.chain.split_once('2'));
    let zones = zones.filter(|(from, to)| !from.is_empty() && !to.is_empty() && *from != "sha" && !place.is_built_in());
    let note = match place.chain {
        "smurfs" | "smurflog" => Some("packets from broadcast addresses"),
        "tcpflags" | "logflags" => Some("impossible TCP flags"),
        "dynamic" => Some("addresses of the commands shorewall drop and reject"),
        _ => zones.is_some().then_some("/etc/shorewall/rules and policy"),
    };
    let part = zones.map(|(from, to)| format!("zone {} to {}", from.trim_end_matches("_frwd"), to));
    Some(Owner::new("Shorewall").part(part).note(note))
}
