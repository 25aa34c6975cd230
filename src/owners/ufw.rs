//! ufw: chains `ufw-…`, `ufw6-…`; applications are in comments (`dapp_Nginx%20Full`).

use super::{Owner, Place};

/// Chains by their names without `ufw-` or `ufw6-`, and where their rules come from.
const CHAINS: [(&str, &str); 9] = [
    ("user-limit", "\"ufw limit\": more than 6 connections of one address in 30 seconds"),
    ("user-", "rules of the command ufw; \"ufw status numbered\" lists them"),
    ("before-", "/etc/ufw/before.rules"),
    ("after-logging", "logs what the default policy is about to stop"),
    ("after-", "/etc/ufw/after.rules"),
    ("reject-", "default policy: ufw default reject"),
    ("skip-to-policy-", "default policy, without a line in the log"),
    ("not-local", "/etc/ufw/before.rules: packets that are not addressed to this host"),
    ("logging-", "logging; ufw logging sets how much"),
];

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    let prefix = |name: &str| name.starts_with("ufw-") || name.starts_with("ufw6-");
    if !place.names().any(prefix) {
        // The policies of the built-in chains are its defaults.
        let sets_policy =
            place.leads_to.is_none() && place.comment.is_none() && place.is_built_in() && place.chains.iter().any(|name| prefix(name));
        return (sets_policy && place.table == "filter").then(|| Owner::new("ufw").note("default policy; \"ufw status verbose\" shows it"));
    }
    let name = place.after(&["ufw-", "ufw6-"])?;
    let note = CHAINS.iter().find(|(beginning, _)| name.starts_with(beginning)).map(|(_, note)| *note);
    Some(Owner::new("ufw").part(application(place.comment)).note(note))
}

/// `dapp_Nginx%20Full`, `sapp_…`, both with a comma between.
fn application(comment: Option<&str>) -> Option<String> {
    let named = comment?.split(',').find_map(|part| part.strip_prefix("dapp_").or_else(|| part.strip_prefix("sapp_")))?;
    Some(format!("application {}", named.replace("%20", " ")))
}
