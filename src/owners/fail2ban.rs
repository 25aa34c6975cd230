//! fail2ban: chains `f2b-JAIL`, sets `f2b-JAIL` and `addr-set-JAIL`, the nft table `f2b-table`.

use super::{Owner, Place};

pub fn owner(place: &Place<'_>) -> Option<Owner> {
    const NOTE: &str = "banned addresses; fail2ban-client status JAIL lists them";
    let set =
        place.sets.iter().find_map(|set| ["addr6-set-", "addr-set-", "f2b-"].iter().find_map(|beginning| set.strip_prefix(beginning)));
    let jail = set.or_else(|| place.after(&["f2b-", "fail2ban-"]).filter(|_| place.table != "f2b-table"));
    (jail.is_some() || place.table == "f2b-table").then(|| Owner::new("fail2ban").part(jail.map(|jail| format!("jail {jail}"))).note(NOTE))
}
