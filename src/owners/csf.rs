//! ConfigServer Security & Firewall and its daemon lfd.

use super::{Owner, Place};

const CHAINS: [(&str, &str); 10] = [
    ("ALLOWIN", "csf.allow"),
    ("ALLOWOUT", "csf.allow"),
    ("DENYIN", "csf.deny: addresses that are banned"),
    ("DENYOUT", "csf.deny: addresses that are banned"),
    ("LOCALINPUT", "lists of addresses, before all ports"),
    ("LOCALOUTPUT", "lists of addresses, before all ports"),
    ("LOGDROPIN", "what nothing accepted, logged and dropped"),
    ("LOGDROPOUT", "what nothing accepted, logged and dropped"),
    ("INVALID", "packets of no connection"),
    ("INVDROP", "packets of no connection"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    // Its names are plain words: only together are they its own.
    let is_csf = ["LOCALINPUT", "LOGDROPIN"].iter().all(|name| place.chains.contains(name));
    let note = place.names().find_map(|name| CHAINS.iter().find(|(chain, _)| *chain == name)).map(|(_, note)| *note);
    let set = place.sets.iter().any(|set| set.starts_with("chain_DENY") || set.starts_with("chain_ALLOW"));
    (is_csf && (note.is_some() || set || place.is_built_in())).then(|| Owner::new("CSF").note(note))
}
